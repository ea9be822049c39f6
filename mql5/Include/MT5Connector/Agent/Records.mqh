//+------------------------------------------------------------------+
//|                                                      Records.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_RECORDS_MQH
#define MT5CONNECTOR_AGENT_RECORDS_MQH
#include <MT5Connector/Json/JsonWriter.mqh>

//+------------------------------------------------------------------+
//| A position as the terminal has it (POSITION_*)                 |
//+------------------------------------------------------------------+
struct SPosition
  {
   ulong             ticket;
   ulong             identifier;
   string            symbol;
   double            volume;
   double            price_open;
   double            price_current;
   double            stop_loss;
   double            take_profit;
   double            profit;
   double            swap;
   ulong             magic;
   string            comment;
   int               side;
   int               reason;
   long              open_ms;
   long              update_ms;
  };

//+------------------------------------------------------------------+
//| An order, active or finished (ORDER_*)                         |
//+------------------------------------------------------------------+
struct SOrder
  {
   ulong             ticket;
   string            symbol;
   int               kind;
   int               state;
   double            volume_initial;
   double            volume_current;
   double            price;
   double            price_stoplimit;
   double            stop_loss;
   double            take_profit;
   int               time_in_force;
   int               filling;
   ulong             magic;
   string            comment;
   int               reason;
   ulong             position;
   ulong             position_by;
   long              setup_ms;
   long              done_ms;
   long              expiration_ms;
  };

//+------------------------------------------------------------------+
//| A deal (DEAL_*)                                                |
//+------------------------------------------------------------------+
struct SDeal
  {
   ulong             ticket;
   ulong             order;
   ulong             position;
   string            symbol;
   int               kind;
   int               entry;
   double            volume;
   double            price;
   double            profit;
   double            commission;
   double            swap;
   double            fee;
   double            stop_loss;
   double            take_profit;
   ulong             magic;
   string            comment;
   int               reason;
   long              time_ms;
  };

const string g_reasons[]={"client","mobile","web","expert","stopLoss","takeProfit","stopOut","rollover","variationMargin","split"};
const string g_kinds[]={"buy","sell","buyLimit","sellLimit","buyStop","sellStop","buyStopLimit","sellStopLimit","closeBy"};
const string g_states[]={"started","placed","cancelled","partial","filled","rejected","expired","requestAdd","requestModify","requestCancel"};
const string g_fillings[]={"fok","ioc","return","boc"};
const string g_lifetimes[]={"gtc","day","specified","specifiedDay"};
const string g_deal_kinds[]={"buy","sell","balance","credit","charge","correction","bonus","commission","commission","commission","commission","commission","interest"};
const string g_entries[]={"in","out","inOut","outBy"};
const string g_sides[]={"buy","sell"};

//+------------------------------------------------------------------+
//| Names of enumeration members on the wire, and volumes in whole units|
//+------------------------------------------------------------------+
class CNames
  {
public:
   static string     At(const string &names[],const int index,const string otherwise);
   static int        Find(const string &names[],const string name);
   static long       Units(const double lots) { return((long)MathRound(lots*100000000.0)); }
   static double     Lots(const long units) { return((double)units/100000000.0); }
   static bool       IsLabel(const string text);
   static bool       IsPlain(const string text);
   static bool       Before(const long epoch,const long ms,const long other_epoch,const long other_ms);
  };
//+------------------------------------------------------------------+
//| The name of a member                                           |
//+------------------------------------------------------------------+
static string CNames::At(const string &names[],const int index,const string otherwise)
  {
   if(index<0 || index>=ArraySize(names))
      return(otherwise);
   return(names[index]);
  }
//+------------------------------------------------------------------+
//| The member of a name, or -1                                    |
//+------------------------------------------------------------------+
static int CNames::Find(const string &names[],const string name)
  {
   for(int i=0; i<ArraySize(names); i++)
      if(names[i]==name)
         return(i);
   return(-1);
  }
//+------------------------------------------------------------------+
//| 1 to 64 printable ASCII characters without space               |
//+------------------------------------------------------------------+
static bool CNames::IsLabel(const string text)
  {
   int length=StringLen(text);
   if(length<1 || length>64)
      return(false);
   for(int i=0; i<length; i++)
     {
      int unit=(int)StringGetCharacter(text,i);
      if(unit<33 || unit>126)
         return(false);
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| Neither control characters nor halves of characters            |
//+------------------------------------------------------------------+
static bool CNames::IsPlain(const string text)
  {
   int length=StringLen(text);
   for(int i=0; i<length; i++)
     {
      int unit=(int)StringGetCharacter(text,i);
      if(unit<32 || unit==127)
         return(false);
      if(unit<0xD800 || unit>0xDFFF)
         continue;
      if(unit>0xDBFF || i+1>=length)
         return(false);
      int low=(int)StringGetCharacter(text,i+1);
      if(low<0xDC00 || low>0xDFFF)
         return(false);
      i++;
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| Whether a stamp is before another                              |
//+------------------------------------------------------------------+
static bool CNames::Before(const long epoch,const long ms,const long other_epoch,const long other_ms)
  {
   return(epoch<other_epoch || (epoch==other_epoch && ms<other_ms));
  }
#endif
//+------------------------------------------------------------------+

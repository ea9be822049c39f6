//+------------------------------------------------------------------+
//|                                                   IntentText.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_INTENTTEXT_MQH
#define MT5CONNECTOR_AGENT_INTENTTEXT_MQH
#include <MT5Connector/Agent/Clients.mqh>
#include <MT5Connector/Agent/JournalEntry.mqh>
#include <MT5Connector/Json/JsonReader.mqh>

const string g_filling_choices[]={"fok","ioc","return","auto"};
const string g_tags[]={"comment","magic","none"};
const string g_intents[]={"market","close","pending","modifyOrder","modifyPosition","cancel","closeBy"};

#define INTENT_MARKET 0
#define INTENT_CLOSE 1
#define INTENT_PENDING 2
#define INTENT_MODIFY_ORDER 3
#define INTENT_MODIFY_POSITION 4
#define INTENT_CANCEL 5
#define INTENT_CLOSE_BY 6
#define FILLING_AUTO 3
#define TAG_COMMENT 0
#define TAG_MAGIC 1

//+------------------------------------------------------------------+
//| What a command wants, as its text says (docs/protocol.md, 6.1) |
//+------------------------------------------------------------------+
class CIntentText
  {
protected:
   string            m_fault;
   bool              Refuse(const string fault);
private:
   void              Reset(void);
   bool              Common(const CJsonReader &reader);
   bool              Amount(const CJsonReader &reader,const string name,double &value);
   bool              Ticket(const CJsonReader &reader,const string name,ulong &value);
   bool              Named(const CJsonReader &reader,const string name,ulong &value);
   bool              Word(const CJsonReader &reader,const string name,string &value,const int low,const int high);
   bool              Deviation(const CJsonReader &reader);
   bool              Lifetime(const CJsonReader &reader);
   bool              Expiration(const CJsonReader &reader);
   bool              ParseMarket(const CJsonReader &reader);
   bool              ParsePending(const CJsonReader &reader);
   bool              ParseChange(const CJsonReader &reader);
public:
   int               kind;
   string            symbol;
   int               side;
   int               order_kind;
   double            volume;
   double            price;
   double            price_stoplimit;
   double            stop_loss;
   double            take_profit;
   int               time_in_force;
   long              expiration_ms;
   int               gives;
   long              deviation;
   ulong             magic;
   string            comment;
   int               filling;
   int               tag;
   ulong             order;
   ulong             position;
   ulong             position_by;
                     CIntentText(void);
   string            Fault(void) const { return(m_fault); }
   bool              LessensRisk(void) const { return(kind==INTENT_CLOSE || kind==INTENT_CLOSE_BY || kind==INTENT_CANCEL); }
   bool              Parse(const string text);
  };
//+------------------------------------------------------------------+
//| Nothing                                                        |
//+------------------------------------------------------------------+
CIntentText::CIntentText(void)
  {
   Reset();
  }
//+------------------------------------------------------------------+
//| Nothing of an earlier text may be left                         |
//+------------------------------------------------------------------+
void CIntentText::Reset(void)
  {
   m_fault="";
   kind=-1;
   symbol="";
   side=0;
   volume=0.0;
   stop_loss=0.0;
   take_profit=0.0;
   deviation=0;
   magic=0;
   comment="";
   filling=FILLING_AUTO;
   tag=TAG_COMMENT;
   position=0;
   position_by=0;
   order=0;
   order_kind=0;
   price=0.0;
   price_stoplimit=0.0;
   time_in_force=0;
   expiration_ms=0;
   gives=0;
  }
//+------------------------------------------------------------------+
//| Reads the JSON text of an intent                               |
//+------------------------------------------------------------------+
bool CIntentText::Parse(const string text)
  {
   CJsonReader reader;
   uchar       bytes[];
   string      word="";
   Reset();
   if(CUtf8::Encode(text,bytes)<1 || !reader.Parse(bytes) || reader.Kind(0)!=JSON_OBJECT)
      return(Refuse("Cannot read the intent: "+reader.Fault()));
   if(!Word(reader,"kind",word,1,32))
      return(false);
   kind=CNames::Find(g_intents,word);
   switch(kind)
     {
      case INTENT_MARKET:
         return(ParseMarket(reader));
      case INTENT_CLOSE:
         return(Amount(reader,"volume",volume) && Deviation(reader) && Common(reader) && Named(reader,"position",position));
      case INTENT_PENDING:
         return(ParsePending(reader));
      case INTENT_MODIFY_ORDER:
      case INTENT_MODIFY_POSITION:
         return(ParseChange(reader));
      case INTENT_CANCEL:
         return(Named(reader,"order",order));
      case INTENT_CLOSE_BY:
         return(Named(reader,"position",position) && Named(reader,"positionBy",position_by));
      default:
         return(Refuse("Cannot read the intent: \"kind\" is none of the known ones"));
     }
  }
//+------------------------------------------------------------------+
//| A market order                                                 |
//+------------------------------------------------------------------+
bool CIntentText::ParseMarket(const CJsonReader &reader)
  {
   string word="";
   if(!Amount(reader,"volume",volume) || !Deviation(reader) || !Common(reader))
      return(false);
   if(!(volume>0.0))
      return(Refuse("Cannot read the intent: \"volume\" must be greater than 0"));
   if(!Word(reader,"symbol",symbol,1,64) || !Word(reader,"side",word,1,8))
      return(false);
   side=CNames::Find(g_sides,word);
   order_kind=side;
   if(side<0)
      return(Refuse("Cannot read the intent: \"side\" must be buy or sell"));
   return(Amount(reader,"stopLoss",stop_loss) && Amount(reader,"takeProfit",take_profit) && Ticket(reader,"magic",magic));
  }
//+------------------------------------------------------------------+
//| A pending order                                                |
//+------------------------------------------------------------------+
bool CIntentText::ParsePending(const CJsonReader &reader)
  {
   string word="";
   if(!Word(reader,"symbol",symbol,1,64) || !Word(reader,"orderKind",word,1,16))
      return(false);
   order_kind=CNames::Find(g_kinds,word);
   if(order_kind<(int)ORDER_TYPE_BUY_LIMIT || order_kind>(int)ORDER_TYPE_SELL_STOP_LIMIT)
      return(Refuse("Cannot read the intent: \"orderKind\" is no kind of a pending order"));
   //--- the kinds go by turns: buy, sell
   side=order_kind%2;
   if(!Amount(reader,"volume",volume) || !Amount(reader,"price",price) || !Amount(reader,"priceStopLimit",price_stoplimit) ||
      !Amount(reader,"stopLoss",stop_loss) || !Amount(reader,"takeProfit",take_profit) || !Lifetime(reader) || !Expiration(reader) ||
      !Ticket(reader,"magic",magic))
      return(false);
   if(!(volume>0.0) || !(price>0.0))
      return(Refuse("Cannot read the intent: \"volume\" and \"price\" must be greater than 0"));
   return(Common(reader));
  }
//+------------------------------------------------------------------+
//| What is to change; what is missing stays as it is              |
//+------------------------------------------------------------------+
bool CIntentText::ParseChange(const CJsonReader &reader)
  {
   bool of_order=kind==INTENT_MODIFY_ORDER;
   if(of_order && !Named(reader,"order",order))
      return(false);
   if(!of_order && !Named(reader,"position",position))
      return(false);
   if(reader.Find(0,"stopLoss")>=0)
     {
      if(!Amount(reader,"stopLoss",stop_loss))
         return(false);
      gives|=WANTS_STOP_LOSS;
     }
   if(reader.Find(0,"takeProfit")>=0)
     {
      if(!Amount(reader,"takeProfit",take_profit))
         return(false);
      gives|=WANTS_TAKE_PROFIT;
     }
   if(of_order && reader.Find(0,"price")>=0)
     {
      if(!Amount(reader,"price",price))
         return(false);
      gives|=WANTS_PRICE;
     }
   if(of_order && reader.Find(0,"priceStopLimit")>=0)
     {
      if(!Amount(reader,"priceStopLimit",price_stoplimit))
         return(false);
      gives|=WANTS_STOPLIMIT;
     }
   if(of_order && reader.Find(0,"timeInForce")>=0)
     {
      if(!Lifetime(reader))
         return(false);
      gives|=WANTS_LIFETIME;
     }
   if(of_order && reader.Find(0,"expirationBrokerMs")>=0)
     {
      if(!Expiration(reader))
         return(false);
      gives|=WANTS_EXPIRATION;
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| A ticket that names something                                  |
//+------------------------------------------------------------------+
bool CIntentText::Named(const CJsonReader &reader,const string name,ulong &value)
  {
   if(!Ticket(reader,name,value))
      return(false);
   if(value==0)
      return(Refuse("Cannot read the intent: \""+name+"\" must not be 0"));
   return(true);
  }
//+------------------------------------------------------------------+
//| How far a price may be off                                     |
//+------------------------------------------------------------------+
bool CIntentText::Deviation(const CJsonReader &reader)
  {
   if(!reader.GetLong(reader.Find(0,"deviation"),deviation) || deviation<0 || deviation>2147483647 ||
      reader.Kind(reader.Find(0,"deviation"))!=JSON_NUMBER)
      return(Refuse("Cannot read the intent: \"deviation\" must be a whole number of points"));
   return(true);
  }
//+------------------------------------------------------------------+
//| How long an order stands                                       |
//+------------------------------------------------------------------+
bool CIntentText::Lifetime(const CJsonReader &reader)
  {
   string word="";
   if(!Word(reader,"timeInForce",word,1,16))
      return(false);
   time_in_force=CNames::Find(g_lifetimes,word);
   if(time_in_force<0)
      return(Refuse("Cannot read the intent: \"timeInForce\" is none of the known ones"));
   return(true);
  }
//+------------------------------------------------------------------+
//| Until when an order stands                                     |
//+------------------------------------------------------------------+
bool CIntentText::Expiration(const CJsonReader &reader)
  {
   int node=reader.Find(0,"expirationBrokerMs");
   if(!reader.GetLong(node,expiration_ms) || expiration_ms<0 || expiration_ms>=(long)1<<53 || reader.Kind(node)!=JSON_NUMBER)
      return(Refuse("Cannot read the intent: \"expirationBrokerMs\" must be whole milliseconds"));
   return(true);
  }
//+------------------------------------------------------------------+
//| Keeps the first fault                                          |
//+------------------------------------------------------------------+
bool CIntentText::Refuse(const string fault)
  {
   if(m_fault=="")
      m_fault=fault;
   return(false);
  }
//+------------------------------------------------------------------+
//| A number that is not negative                                  |
//+------------------------------------------------------------------+
bool CIntentText::Amount(const CJsonReader &reader,const string name,double &value)
  {
   if(!reader.GetDouble(reader.Find(0,name),value) || value<0.0)
      return(Refuse("Cannot read the intent: \""+name+"\" must be a number that is not negative"));
   return(true);
  }
//+------------------------------------------------------------------+
//| A 64-bit integer as text                                       |
//+------------------------------------------------------------------+
bool CIntentText::Ticket(const CJsonReader &reader,const string name,ulong &value)
  {
   int node=reader.Find(0,name);
   if(node<0 || reader.Kind(node)!=JSON_TEXT || !reader.GetUlong(node,value) || (value>>63)!=0)
      return(Refuse("Cannot read the intent: \""+name+"\" must be a 64-bit integer as text"));
   return(true);
  }
//+------------------------------------------------------------------+
//| A plain text of a length                                       |
//+------------------------------------------------------------------+
bool CIntentText::Word(const CJsonReader &reader,const string name,string &value,const int low,const int high)
  {
   if(!reader.GetText(reader.Find(0,name),value) || StringLen(value)<low || StringLen(value)>high || !CNames::IsPlain(value))
      return(Refuse("Cannot read the intent: \""+name+"\" must be a text of "+(string)low+" to "+(string)high+" characters"));
   return(true);
  }
//+------------------------------------------------------------------+
//| What an order is sent with                                        |
//+------------------------------------------------------------------+
bool CIntentText::Common(const CJsonReader &reader)
  {
   string word="";
   if(!Word(reader,"comment",comment,0,AGENT_COMMENT_MAX) || !Word(reader,"filling",word,1,16))
      return(false);
   filling=CNames::Find(g_filling_choices,word);
   if(!Word(reader,"tag",word,1,16))
      return(false);
   tag=CNames::Find(g_tags,word);
   if(filling<0 || tag<0)
      return(Refuse("Cannot read the intent: \"filling\" or \"tag\" is none of the known ones"));
   return(true);
  }
#endif
//+------------------------------------------------------------------+

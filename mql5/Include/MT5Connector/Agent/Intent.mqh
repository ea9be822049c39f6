//+------------------------------------------------------------------+
//|                                                       Intent.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_INTENT_MQH
#define MT5CONNECTOR_AGENT_INTENT_MQH
#include <MT5Connector/Agent/Clients.mqh>
#include <MT5Connector/Agent/JournalEntry.mqh>
#include <MT5Connector/Json/JsonReader.mqh>

const string g_filling_choices[]={"fok","ioc","return","auto"};
const string g_tags[]={"comment","magic","none"};
const string g_intents[]={"market","close","pending","modifyOrder","modifyPosition","cancel","closeBy"};

#define INTENT_MARKET 0
#define INTENT_CLOSE 1
#define FILLING_AUTO 3
#define TAG_COMMENT 0
#define TAG_MAGIC 1

//+------------------------------------------------------------------+
//| What a command wants (docs/protocol.md, 6.1); this agent does market and close|
//+------------------------------------------------------------------+
class CIntent
  {
private:
   string            m_fault;
   bool              Refuse(const string fault);
   bool              Common(const CJsonReader &reader);
   bool              Amount(const CJsonReader &reader,const string name,double &value);
   bool              Ticket(const CJsonReader &reader,const string name,ulong &value);
   bool              Word(const CJsonReader &reader,const string name,string &value,const int low,const int high);
   bool              StepFault(const double lots,const string name);
   bool              StopFault(const string what,const double price,const string name);
   void              TagOf(const CClients &clients,const int client,const string id,SEvidence &evidence) const;
   static double     NormalPrice(const double price,const string name);
   ENUM_ORDER_TYPE_FILLING Choose(const string name) const;
public:
   int               kind;
   string            symbol;
   int               side;
   double            volume;
   double            stop_loss;
   double            take_profit;
   long              deviation;
   ulong             magic;
   string            comment;
   int               filling;
   int               tag;
   ulong             position;
                     CIntent(void);
   string            Fault(void) const { return(m_fault); }
   bool              LessensRisk(void) const { return(kind==INTENT_CLOSE); }
   bool              Parse(const string text);
   bool              Plan(const CClients &clients,const int client,const string id,const double max_lots,bool &limit,SEvidence &evidence);
   bool              Build(const SEvidence &evidence,MqlTradeRequest &request,long &retcode,string &why) const;
  };
//+------------------------------------------------------------------+
//| Nothing                                                        |
//+------------------------------------------------------------------+
CIntent::CIntent(void)
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
  }
//+------------------------------------------------------------------+
//| Keeps the first fault                                          |
//+------------------------------------------------------------------+
bool CIntent::Refuse(const string fault)
  {
   if(m_fault=="")
      m_fault=fault;
   return(false);
  }
//+------------------------------------------------------------------+
//| A number that is not negative                                  |
//+------------------------------------------------------------------+
bool CIntent::Amount(const CJsonReader &reader,const string name,double &value)
  {
   if(!reader.GetDouble(reader.Find(0,name),value) || value<0.0)
      return(Refuse("Cannot read the intent: \""+name+"\" must be a number that is not negative"));
   return(true);
  }
//+------------------------------------------------------------------+
//| A 64-bit integer as text                                       |
//+------------------------------------------------------------------+
bool CIntent::Ticket(const CJsonReader &reader,const string name,ulong &value)
  {
   int node=reader.Find(0,name);
   if(node<0 || reader.Kind(node)!=JSON_TEXT || !reader.GetUlong(node,value) || (value>>63)!=0)
      return(Refuse("Cannot read the intent: \""+name+"\" must be a 64-bit integer as text"));
   return(true);
  }
//+------------------------------------------------------------------+
//| A plain text of a length                                       |
//+------------------------------------------------------------------+
bool CIntent::Word(const CJsonReader &reader,const string name,string &value,const int low,const int high)
  {
   if(!reader.GetText(reader.Find(0,name),value) || StringLen(value)<low || StringLen(value)>high || !CNames::IsPlain(value))
      return(Refuse("Cannot read the intent: \""+name+"\" must be a text of "+(string)low+" to "+(string)high+" characters"));
   return(true);
  }
//+------------------------------------------------------------------+
//| What all intents have                                          |
//+------------------------------------------------------------------+
bool CIntent::Common(const CJsonReader &reader)
  {
   string word="";
   if(!reader.GetLong(reader.Find(0,"deviation"),deviation) || deviation<0 || deviation>2147483647 ||
      reader.Kind(reader.Find(0,"deviation"))!=JSON_NUMBER)
      return(Refuse("Cannot read the intent: \"deviation\" must be a whole number of points"));
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
//+------------------------------------------------------------------+
//| Reads the JSON text of an intent                               |
//+------------------------------------------------------------------+
bool CIntent::Parse(const string text)
  {
   CJsonReader reader;
   uchar       bytes[];
   string      word="";
   m_fault="";
   if(CUtf8::Encode(text,bytes)<1 || !reader.Parse(bytes) || reader.Kind(0)!=JSON_OBJECT)
      return(Refuse("Cannot read the intent: "+reader.Fault()));
   if(!Word(reader,"kind",word,1,32))
      return(false);
   kind=CNames::Find(g_intents,word);
   if(kind<0)
      return(Refuse("Cannot read the intent: \"kind\" is none of the known ones"));
   if(kind>INTENT_CLOSE)
      return(Refuse("NOT_SUPPORTED: this agent does not do \""+word+"\" yet"));
   if(!Amount(reader,"volume",volume) || !Common(reader))
      return(false);
   if(kind==INTENT_CLOSE)
     {
      if(!Ticket(reader,"position",position))
         return(false);
      if(position==0)
         return(Refuse("Cannot read the intent: \"position\" must name a position"));
      return(true);
     }
   if(!(volume>0.0))
      return(Refuse("Cannot read the intent: \"volume\" must be greater than 0"));
   if(!Word(reader,"symbol",symbol,1,64) || !Word(reader,"side",word,1,8))
      return(false);
   side=CNames::Find(g_sides,word);
   if(side<0)
      return(Refuse("Cannot read the intent: \"side\" must be buy or sell"));
   return(Amount(reader,"stopLoss",stop_loss) && Amount(reader,"takeProfit",take_profit) && Ticket(reader,"magic",magic));
  }
//+------------------------------------------------------------------+
//| Whether a volume is no multiple of the symbol's step           |
//+------------------------------------------------------------------+
bool CIntent::StepFault(const double lots,const string name)
  {
   long step=CNames::Units(SymbolInfoDouble(name,SYMBOL_VOLUME_STEP));
   if(step==0 || CNames::Units(lots)%step==0)
      return(false);
   m_fault="Cannot trade: the volume is no multiple of the symbol's step";
   return(true);
  }
//+------------------------------------------------------------------+
//| Whether a stop is no multiple of the symbol's tick size        |
//+------------------------------------------------------------------+
bool CIntent::StopFault(const string what,const double price,const string name)
  {
   double size=SymbolInfoDouble(name,SYMBOL_TRADE_TICK_SIZE);
   if(!(size>0.0))
      size=SymbolInfoDouble(name,SYMBOL_POINT);
   if(!(size>0.0))
      return(false);
   double ticks=price/size;
   if(MathAbs(ticks-MathRound(ticks))<=0.001)
      return(false);
   m_fault="Cannot trade: "+what+" is no multiple of the symbol's tick size";
   return(true);
  }
//+------------------------------------------------------------------+
//| The tag, if the intent asks for one and it fits                |
//+------------------------------------------------------------------+
void CIntent::TagOf(const CClients &clients,const int client,const string id,SEvidence &evidence) const
  {
   evidence.comment_tag="";
   evidence.magic_tag=false;
   if(tag==TAG_COMMENT)
     {
      string text=clients.Tag(client,id);
      if(StringLen(comment)+StringLen(text)<=AGENT_COMMENT_MAX)
         evidence.comment_tag=text;
     }
   if(tag==TAG_MAGIC && evidence.magic==0)
     {
      evidence.magic=clients.TagMagic(client,id);
      evidence.magic_tag=true;
     }
  }
//+------------------------------------------------------------------+
//| Checks the intent against the terminal and says by what its order will be known again; `limit`: refused for a limit|
//+------------------------------------------------------------------+
bool CIntent::Plan(const CClients &clients,const int client,const string id,const double max_lots,bool &limit,SEvidence &evidence)
  {
   limit=false;
   evidence.position=0;
   evidence.magic=magic;
   evidence.side=side;
   evidence.symbol=symbol;
   evidence.volume=CNames::Lots(CNames::Units(volume));
   if(kind==INTENT_CLOSE)
     {
      SPosition open;
      evidence.position=position;
      evidence.magic=0;
      if(CTerminalReader::Position(position,open))
        {
         if(volume>0.0 && StepFault(volume,open.symbol))
            return(false);
         evidence.symbol=open.symbol;
         evidence.side=1-open.side;
         evidence.position=open.identifier;
         if(!(volume>0.0))
            evidence.volume=open.volume;
         if(tag!=TAG_MAGIC)
            evidence.magic=open.magic;
        }
      //--- a position that is gone by now is the terminal's to refuse, with the return code that says so
      TagOf(clients,client,id,evidence);
      return(true);
     }
   if(!CTerminalReader::Exists(symbol))
      return(Refuse("Cannot trade: symbol "+symbol+" does not exist"));
   if(volume<SymbolInfoDouble(symbol,SYMBOL_VOLUME_MIN) || volume>SymbolInfoDouble(symbol,SYMBOL_VOLUME_MAX))
      return(Refuse("Cannot trade: the volume is outside of the symbol's bounds"));
   if(StepFault(volume,symbol) || StopFault("stopLoss",stop_loss,symbol) || StopFault("takeProfit",take_profit,symbol))
      return(false);
   if(max_lots>0.0 && volume>max_lots)
     {
      limit=true;
      return(Refuse("Cannot trade so many lots: the agent's limit is "+DoubleToString(max_lots,2)));
     }
   TagOf(clients,client,id,evidence);
   return(true);
  }
//+------------------------------------------------------------------+
//| A price on the symbol's grid                                   |
//+------------------------------------------------------------------+
static double CIntent::NormalPrice(const double price,const string name)
  {
   double size=SymbolInfoDouble(name,SYMBOL_TRADE_TICK_SIZE);
   if(!(size>0.0))
      size=SymbolInfoDouble(name,SYMBOL_POINT);
   if(!(size>0.0))
      return(price);
   return(NormalizeDouble(MathRound(price/size)*size,(int)SymbolInfoInteger(name,SYMBOL_DIGITS)));
  }
//+------------------------------------------------------------------+
//| The filling mode of a market order: fill-or-kill with request and instant execution, else what the symbol allows, and|
//+------------------------------------------------------------------+
//+------------------------------------------------------------------+
//| return only on an exchange (MQL5 reference, "Trade orders in depth of market")|
//+------------------------------------------------------------------+
ENUM_ORDER_TYPE_FILLING CIntent::Choose(const string name) const
  {
   if(filling!=FILLING_AUTO)
      return((ENUM_ORDER_TYPE_FILLING)filling);
   long execution=SymbolInfoInteger(name,SYMBOL_TRADE_EXEMODE);
   long allowed=SymbolInfoInteger(name,SYMBOL_FILLING_MODE);
   if(execution==(long)SYMBOL_TRADE_EXECUTION_REQUEST || execution==(long)SYMBOL_TRADE_EXECUTION_INSTANT)
      return(ORDER_FILLING_FOK);
   if((allowed&SYMBOL_FILLING_FOK)!=0)
      return(ORDER_FILLING_FOK);
   if((allowed&SYMBOL_FILLING_IOC)!=0)
      return(ORDER_FILLING_IOC);
   if(execution==(long)SYMBOL_TRADE_EXECUTION_EXCHANGE)
      return(ORDER_FILLING_RETURN);
   return(ORDER_FILLING_FOK);
  }
//+------------------------------------------------------------------+
//| Makes the request with the prices of this moment; false with the return code by which the terminal itself refuses|
//+------------------------------------------------------------------+
bool CIntent::Build(const SEvidence &evidence,MqlTradeRequest &request,long &retcode,string &why) const
  {
   SPosition open;
   MqlTick   tick;
   string    name=evidence.symbol;
   int       direction=evidence.side;
   ZeroMemory(request);
   if(kind==INTENT_CLOSE)
     {
      if(!CTerminalReader::Position(position,open))
        {
         retcode=10036;
         why="Position "+(string)position+" is not open";
         return(false);
        }
      name=open.symbol;
      direction=1-open.side;
     }
   if(!CTerminalReader::Exists(name))
     {
      retcode=10013;
      why="Symbol "+name+" does not exist";
      return(false);
     }
   //--- a symbol that is not shown in Market Watch has no quote
   bool shown=SymbolInfoInteger(name,SYMBOL_SELECT)!=0;
   if(!shown)
      shown=SymbolSelect(name,true);
   if(!shown || !SymbolInfoTick(name,tick))
     {
      retcode=10021;
      why="Symbol "+name+" has no quote";
      return(false);
     }
   request.action=TRADE_ACTION_DEAL;
   request.symbol=name;
   request.type=ORDER_TYPE_SELL;
   request.price=tick.bid;
   if(direction==0)
     {
      request.type=ORDER_TYPE_BUY;
      request.price=tick.ask;
     }
   request.deviation=(ulong)deviation;
   request.type_filling=Choose(name);
   request.magic=evidence.magic;
   request.comment=comment+evidence.comment_tag;
   request.volume=evidence.volume;
   if(kind==INTENT_CLOSE)
     {
      request.position=position;
      if(!(volume>0.0))
         request.volume=open.volume;
      return(true);
     }
   request.sl=NormalPrice(stop_loss,name);
   request.tp=NormalPrice(take_profit,name);
   return(true);
  }
#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//|                                                 IntentOrders.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_INTENTORDERS_MQH
#define MT5CONNECTOR_AGENT_INTENTORDERS_MQH
#include <MT5Connector/Agent/IntentText.mqh>
#include <MT5Connector/Agent/TerminalReader.mqh>

//+------------------------------------------------------------------+
//| Market orders, closes and pending orders                       |
//+------------------------------------------------------------------+
class CIntentOrders : public CIntentText
  {
private:
   bool              StepFault(const double lots,const string name);
   void              TagOf(const CClients &clients,const int client,const string id,SEvidence &evidence) const;
   ENUM_ORDER_TYPE_FILLING Choose(const string name) const;
protected:
   bool              StopFault(const string what,const double level,const string name);
   static double     NormalPrice(const double level,const string name);
   bool              PlanOrder(const CClients &clients,const int client,const string id,const double max_lots,bool &limit,SEvidence &evidence);
   bool              PlanClose(const CClients &clients,const int client,const string id,SEvidence &evidence);
   bool              BuildDeal(const SEvidence &evidence,MqlTradeRequest &request,long &retcode,string &why) const;
   bool              BuildPending(const SEvidence &evidence,MqlTradeRequest &request,long &retcode,string &why) const;
  };
//+------------------------------------------------------------------+
//| Whether a volume is no multiple of the symbol's step           |
//+------------------------------------------------------------------+
bool CIntentOrders::StepFault(const double lots,const string name)
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
bool CIntentOrders::StopFault(const string what,const double level,const string name)
  {
   double size=SymbolInfoDouble(name,SYMBOL_TRADE_TICK_SIZE);
   if(!(size>0.0))
      size=SymbolInfoDouble(name,SYMBOL_POINT);
   if(!(size>0.0))
      return(false);
   double ticks=level/size;
   if(MathAbs(ticks-MathRound(ticks))<=0.001)
      return(false);
   m_fault="Cannot trade: "+what+" is no multiple of the symbol's tick size";
   return(true);
  }
//+------------------------------------------------------------------+
//| The tag, if the intent asks for one and it fits                |
//+------------------------------------------------------------------+
void CIntentOrders::TagOf(const CClients &clients,const int client,const string id,SEvidence &evidence) const
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
//| A price on the symbol's grid                                   |
//+------------------------------------------------------------------+
static double CIntentOrders::NormalPrice(const double level,const string name)
  {
   double size=SymbolInfoDouble(name,SYMBOL_TRADE_TICK_SIZE);
   if(!(size>0.0))
      size=SymbolInfoDouble(name,SYMBOL_POINT);
   if(!(size>0.0))
      return(level);
   return(NormalizeDouble(MathRound(level/size)*size,(int)SymbolInfoInteger(name,SYMBOL_DIGITS)));
  }
//+------------------------------------------------------------------+
//| The filling mode of a market order: fill-or-kill with request and instant execution, else what the symbol allows, and|
//+------------------------------------------------------------------+
//+------------------------------------------------------------------+
//| return only on an exchange (MQL5 reference, "Trade orders in depth of market")|
//+------------------------------------------------------------------+
ENUM_ORDER_TYPE_FILLING CIntentOrders::Choose(const string name) const
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
//| Checks a market or pending order                               |
//+------------------------------------------------------------------+
bool CIntentOrders::PlanOrder(const CClients &clients,const int client,const string id,const double max_lots,bool &limit,SEvidence &evidence)
  {
   evidence.magic=magic;
   evidence.side=side;
   evidence.order_kind=order_kind;
   evidence.symbol=symbol;
   evidence.volume=CNames::Lots(CNames::Units(volume));
   if(!CTerminalReader::Exists(symbol))
      return(Refuse("Cannot trade: symbol "+symbol+" does not exist"));
   if(volume<SymbolInfoDouble(symbol,SYMBOL_VOLUME_MIN) || volume>SymbolInfoDouble(symbol,SYMBOL_VOLUME_MAX))
      return(Refuse("Cannot trade: the volume is outside of the symbol's bounds"));
   if(StepFault(volume,symbol) || StopFault("price",price,symbol) || StopFault("priceStopLimit",price_stoplimit,symbol) ||
      StopFault("stopLoss",stop_loss,symbol) || StopFault("takeProfit",take_profit,symbol))
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
//| Checks a close                                                 |
//+------------------------------------------------------------------+
bool CIntentOrders::PlanClose(const CClients &clients,const int client,const string id,SEvidence &evidence)
  {
   SPosition open;
   evidence.position=position;
   if(CTerminalReader::Position(position,open))
     {
      if(volume>0.0 && StepFault(volume,open.symbol))
         return(false);
      evidence.symbol=open.symbol;
      evidence.side=1-open.side;
      evidence.position=open.identifier;
      evidence.volume=CNames::Lots(CNames::Units(volume));
      if(!(volume>0.0))
         evidence.volume=open.volume;
      if(tag!=TAG_MAGIC)
         evidence.magic=open.magic;
     }
   evidence.order_kind=evidence.side;
   //--- a position that is gone by now is the terminal's to refuse, with the return code that says so
   TagOf(clients,client,id,evidence);
   return(true);
  }
//+------------------------------------------------------------------+
//| The request of a market order or a close, with the prices of this moment|
//+------------------------------------------------------------------+
bool CIntentOrders::BuildDeal(const SEvidence &evidence,MqlTradeRequest &request,long &retcode,string &why) const
  {
   SPosition open;
   MqlTick   tick;
   string    name=evidence.symbol;
   int       direction=evidence.side;
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
//+------------------------------------------------------------------+
//| The request of a pending order                                 |
//+------------------------------------------------------------------+
bool CIntentOrders::BuildPending(const SEvidence &evidence,MqlTradeRequest &request,long &retcode,string &why) const
  {
   //--- a symbol that is not shown in Market Watch has no quote to compare the price with
   bool shown=CTerminalReader::Exists(symbol);
   if(shown && SymbolInfoInteger(symbol,SYMBOL_SELECT)==0)
      shown=SymbolSelect(symbol,true);
   if(!shown)
     {
      retcode=10013;
      why="Symbol "+symbol+" does not exist";
      return(false);
     }
   request.action=TRADE_ACTION_PENDING;
   request.symbol=symbol;
   request.type=(ENUM_ORDER_TYPE)order_kind;
   request.volume=evidence.volume;
   request.price=NormalPrice(price,symbol);
   request.stoplimit=NormalPrice(price_stoplimit,symbol);
   request.sl=NormalPrice(stop_loss,symbol);
   request.tp=NormalPrice(take_profit,symbol);
   request.type_time=(ENUM_ORDER_TYPE_TIME)time_in_force;
   request.expiration=(datetime)(expiration_ms/1000);
   //--- what is left of a pending order stays in the book, whatever the execution
   request.type_filling=ORDER_FILLING_RETURN;
   if(filling!=FILLING_AUTO)
      request.type_filling=(ENUM_ORDER_TYPE_FILLING)filling;
   request.magic=evidence.magic;
   request.comment=comment+evidence.comment_tag;
   return(true);
  }
#endif
//+------------------------------------------------------------------+

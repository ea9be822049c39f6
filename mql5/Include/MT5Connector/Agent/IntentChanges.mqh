//+------------------------------------------------------------------+
//|                                                IntentChanges.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_INTENTCHANGES_MQH
#define MT5CONNECTOR_AGENT_INTENTCHANGES_MQH
#include <MT5Connector/Agent/IntentOrders.mqh>

//+------------------------------------------------------------------+
//| Changes and cancels of orders, changes of positions, and closes of one position by another|
//+------------------------------------------------------------------+
class CIntentChanges : public CIntentOrders
  {
private:
   bool              LevelsFault(const string name);
protected:
   bool              PlanChange(SEvidence &evidence);
   bool              PlanCloseBy(SEvidence &evidence);
   bool              BuildChange(const SEvidence &evidence,MqlTradeRequest &request,long &retcode,string &why) const;
   bool              BuildCloseBy(MqlTradeRequest &request,long &retcode,string &why) const;
  };
//+------------------------------------------------------------------+
//| Whether one of the new levels is no multiple of the symbol's tick size|
//+------------------------------------------------------------------+
bool CIntentChanges::LevelsFault(const string name)
  {
   return(StopFault("price",price,name) || StopFault("priceStopLimit",price_stoplimit,name) || StopFault("stopLoss",stop_loss,name) ||
          StopFault("takeProfit",take_profit,name));
  }
//+------------------------------------------------------------------+
//| Checks a change or a cancel. What is gone by now is the terminal's to refuse|
//+------------------------------------------------------------------+
bool CIntentChanges::PlanChange(SEvidence &evidence)
  {
   SOrder    record;
   SPosition open;
   evidence.target=TARGET_ORDER;
   evidence.target_ticket=order;
   if(kind==INTENT_CANCEL)
      evidence.target=TARGET_CANCEL;
   if(kind==INTENT_MODIFY_POSITION)
     {
      evidence.target=TARGET_POSITION;
      evidence.target_ticket=position;
      evidence.position=position;
      if(CTerminalReader::Position(position,open))
         evidence.symbol=open.symbol;
     }
   else
      if(CTerminalReader::Order(order,record))
         evidence.symbol=record.symbol;
   evidence.wants=gives;
   evidence.want_price=price;
   evidence.want_stoplimit=price_stoplimit;
   evidence.want_stop_loss=stop_loss;
   evidence.want_take_profit=take_profit;
   evidence.want_lifetime=time_in_force;
   evidence.want_expiration_ms=expiration_ms;
   if(evidence.symbol=="" || kind==INTENT_CANCEL)
      return(true);
   if(LevelsFault(evidence.symbol))
      return(false);
   evidence.want_price=NormalPrice(price,evidence.symbol);
   evidence.want_stoplimit=NormalPrice(price_stoplimit,evidence.symbol);
   evidence.want_stop_loss=NormalPrice(stop_loss,evidence.symbol);
   evidence.want_take_profit=NormalPrice(take_profit,evidence.symbol);
   return(true);
  }
//+------------------------------------------------------------------+
//| Checks closing a position by an opposite one                   |
//+------------------------------------------------------------------+
bool CIntentChanges::PlanCloseBy(SEvidence &evidence)
  {
   SPosition open;
   SPosition other;
   if(position==position_by)
      return(Refuse("Cannot trade: a position cannot be closed by itself"));
   evidence.order_kind=(int)ORDER_TYPE_CLOSE_BY;
   evidence.position=position;
   evidence.position_by=position_by;
   bool there=CTerminalReader::Position(position,open);
   if(there)
     {
      evidence.symbol=open.symbol;
      evidence.position=open.identifier;
     }
   if(CTerminalReader::Position(position_by,other))
     {
      evidence.position_by=other.identifier;
      if(there)
         evidence.volume=open.volume;
      if(there && other.volume<open.volume)
         evidence.volume=other.volume;
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| The request of a change or a cancel; what it leaves out stays as it is at this moment|
//+------------------------------------------------------------------+
bool CIntentChanges::BuildChange(const SEvidence &evidence,MqlTradeRequest &request,long &retcode,string &why) const
  {
   SOrder    record;
   SPosition open;
   if(evidence.target==TARGET_POSITION)
     {
      if(!CTerminalReader::Position(evidence.target_ticket,open))
        {
         retcode=10036;
         why="Position "+(string)evidence.target_ticket+" is not open";
         return(false);
        }
      request.action=TRADE_ACTION_SLTP;
      request.symbol=open.symbol;
      request.position=evidence.target_ticket;
      request.sl=open.stop_loss;
      request.tp=open.take_profit;
      if((evidence.wants&WANTS_STOP_LOSS)!=0)
         request.sl=evidence.want_stop_loss;
      if((evidence.wants&WANTS_TAKE_PROFIT)!=0)
         request.tp=evidence.want_take_profit;
      return(true);
     }
   if(!CTerminalReader::Order(evidence.target_ticket,record))
     {
      retcode=10013;
      why="Order "+(string)evidence.target_ticket+" is not active";
      return(false);
     }
   request.symbol=record.symbol;
   request.order=evidence.target_ticket;
   request.action=TRADE_ACTION_REMOVE;
   if(evidence.target==TARGET_CANCEL)
      return(true);
   request.action=TRADE_ACTION_MODIFY;
   request.price=record.price;
   request.stoplimit=record.price_stoplimit;
   request.sl=record.stop_loss;
   request.tp=record.take_profit;
   request.type_time=(ENUM_ORDER_TYPE_TIME)record.time_in_force;
   request.expiration=(datetime)(record.expiration_ms/1000);
   if((evidence.wants&WANTS_PRICE)!=0)
      request.price=evidence.want_price;
   if((evidence.wants&WANTS_STOPLIMIT)!=0)
      request.stoplimit=evidence.want_stoplimit;
   if((evidence.wants&WANTS_STOP_LOSS)!=0)
      request.sl=evidence.want_stop_loss;
   if((evidence.wants&WANTS_TAKE_PROFIT)!=0)
      request.tp=evidence.want_take_profit;
   if((evidence.wants&WANTS_EXPIRATION)!=0)
      request.expiration=(datetime)(evidence.want_expiration_ms/1000);
   if((evidence.wants&WANTS_LIFETIME)!=0)
     {
      request.type_time=(ENUM_ORDER_TYPE_TIME)evidence.want_lifetime;
      //--- an order that stands until it is cancelled, or for the day, has no time of its own
      if(evidence.want_lifetime<(int)ORDER_TIME_SPECIFIED)
         request.expiration=0;
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| The request that closes a position by an opposite one          |
//+------------------------------------------------------------------+
bool CIntentChanges::BuildCloseBy(MqlTradeRequest &request,long &retcode,string &why) const
  {
   SPosition open;
   SPosition other;
   ulong     gone=0;
   if(!CTerminalReader::Position(position_by,other))
      gone=position_by;
   if(!CTerminalReader::Position(position,open))
      gone=position;
   if(gone!=0)
     {
      retcode=10036;
      why="Position "+(string)gone+" is not open";
      return(false);
     }
   request.action=TRADE_ACTION_CLOSE_BY;
   request.symbol=open.symbol;
   request.position=position;
   request.position_by=position_by;
   return(true);
  }
#endif
//+------------------------------------------------------------------+

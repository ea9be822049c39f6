//+------------------------------------------------------------------+
//|                                                 ShadowEvents.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_SHADOWEVENTS_MQH
#define MT5CONNECTOR_AGENT_SHADOWEVENTS_MQH
#include <MT5Connector/Agent/RecordWriter.mqh>

//+------------------------------------------------------------------+
//| What a comparison of the terminal's tables has found, as payloads of the ledger|
//+------------------------------------------------------------------+
class CShadowEvents
  {
protected:
   void              Publish(const string payload);
   void              TellOrder(const SOrder &record,const string change);
   void              TellDeal(const SDeal &deal,const string change);
   void              TellPosition(const SPosition &position,const string change);
   void              TellBalance(const double balance,const double credit);
   static string     FinalChange(const int state);
   static bool       SamePosition(const SPosition &a,const SPosition &b);
   static bool       SameOrder(const SOrder &a,const SOrder &b);
public:
   string            payloads[];
                     CShadowEvents(void) {}
  };
//+------------------------------------------------------------------+
//| One payload more                                               |
//+------------------------------------------------------------------+
void CShadowEvents::Publish(const string payload)
  {
   int count=ArraySize(payloads);
   if(payload=="" || ArrayResize(payloads,count+1,64)!=count+1)
     {
      Print("MT5Connector: an event of the terminal's tables cannot be written");
      return;
     }
   payloads[count]=payload;
  }
//+------------------------------------------------------------------+
//| An order                                                       |
//+------------------------------------------------------------------+
void CShadowEvents::TellOrder(const SOrder &record,const string change)
  {
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Word(json,"type","order");
   CRecordWriter::Word(json,"change",change);
   json.Name("order");
   CRecordWriter::OrderRecord(json,record);
   json.EndObject();
   Publish(json.Whole());
  }
//+------------------------------------------------------------------+
//| A deal                                                         |
//+------------------------------------------------------------------+
void CShadowEvents::TellDeal(const SDeal &deal,const string change)
  {
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Word(json,"type","deal");
   CRecordWriter::Word(json,"change",change);
   json.Name("deal");
   CRecordWriter::Deal(json,deal);
   json.EndObject();
   Publish(json.Whole());
  }
//+------------------------------------------------------------------+
//| A position                                                     |
//+------------------------------------------------------------------+
void CShadowEvents::TellPosition(const SPosition &position,const string change)
  {
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Word(json,"type","position");
   CRecordWriter::Word(json,"change",change);
   json.Name("position");
   CRecordWriter::Position(json,position);
   json.EndObject();
   Publish(json.Whole());
  }
//+------------------------------------------------------------------+
//| What happened to an order that is finished                     |
//+------------------------------------------------------------------+
static string CShadowEvents::FinalChange(const int state)
  {
   switch(state)
     {
      case ORDER_STATE_FILLED:
         return("filled");
      case ORDER_STATE_PARTIAL:
         return("partiallyFilled");
      case ORDER_STATE_REJECTED:
         return("rejected");
      case ORDER_STATE_EXPIRED:
         return("expired");
      default:
         return("cancelled");
     }
  }
//+------------------------------------------------------------------+
//| Whether two readings of a position tell the same               |
//+------------------------------------------------------------------+
static bool CShadowEvents::SamePosition(const SPosition &a,const SPosition &b)
  {
   //--- a netting account turns a position round
   return(a.side==b.side && CNumber::SameDouble(a.volume,b.volume) && CNumber::SameDouble(a.price_open,b.price_open) &&
          CNumber::SameDouble(a.stop_loss,b.stop_loss) && CNumber::SameDouble(a.take_profit,b.take_profit) &&
          CNumber::SameDouble(a.swap,b.swap));
  }
//+------------------------------------------------------------------+
//| Whether two readings of an order tell the same                 |
//+------------------------------------------------------------------+
static bool CShadowEvents::SameOrder(const SOrder &a,const SOrder &b)
  {
   return(a.state==b.state && CNumber::SameDouble(a.volume_current,b.volume_current) && CNumber::SameDouble(a.price,b.price) &&
          CNumber::SameDouble(a.price_stoplimit,b.price_stoplimit) && CNumber::SameDouble(a.stop_loss,b.stop_loss) &&
          CNumber::SameDouble(a.take_profit,b.take_profit) && a.time_in_force==b.time_in_force && a.expiration_ms==b.expiration_ms);
  }
//+------------------------------------------------------------------+
//| Balance and credit                                             |
//+------------------------------------------------------------------+
void CShadowEvents::TellBalance(const double balance,const double credit)
  {
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Word(json,"type","balance");
   CRecordWriter::Number(json,"balance",balance);
   CRecordWriter::Number(json,"credit",credit);
   json.EndObject();
   Publish(json.Whole());
  }
#endif
//+------------------------------------------------------------------+

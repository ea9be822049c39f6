//+------------------------------------------------------------------+
//|                                                 AgentTargets.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTTARGETS_MQH
#define MT5CONNECTOR_AGENT_AGENTTARGETS_MQH
#include <MT5Connector/Agent/AgentFlights.mqh>

//+------------------------------------------------------------------+
//| What became of a change or a cancel, read off what it was to change (docs/protocol.md, 6.1)|
//+------------------------------------------------------------------+
class CAgentTargets : public CAgentFlights
  {
private:
   static bool       IsAsked(const double is,const double asked);
   static bool       PositionIs(const SPosition &open,const SEvidence &asked);
   static bool       OrderIs(const SOrder &record,const SEvidence &asked);
   static bool       ExpiresAsAsked(const SOrder &record,const SEvidence &asked);
   static bool       Finished(const SEvidence &asked,SOrder &record);
protected:
   void              ExecutedAs(const int flight,const long retcode);
   bool              JudgeTarget(const int flight);
  };
//+------------------------------------------------------------------+
//| What is left of a price's decimals in binary is no difference  |
//+------------------------------------------------------------------+
static bool CAgentTargets::IsAsked(const double is,const double asked)
  {
   double slack=0.000000001;
   if(MathAbs(asked)>1.0)
      slack*=MathAbs(asked);
   return(MathAbs(is-asked)<=slack);
  }
//+------------------------------------------------------------------+
//| Whether a position is as was asked                             |
//+------------------------------------------------------------------+
static bool CAgentTargets::PositionIs(const SPosition &open,const SEvidence &asked)
  {
   return(((asked.wants&WANTS_STOP_LOSS)==0 || IsAsked(open.stop_loss,asked.want_stop_loss)) &&
          ((asked.wants&WANTS_TAKE_PROFIT)==0 || IsAsked(open.take_profit,asked.want_take_profit)));
  }
//+------------------------------------------------------------------+
//| Whether an order is as was asked                               |
//+------------------------------------------------------------------+
static bool CAgentTargets::OrderIs(const SOrder &record,const SEvidence &asked)
  {
   return(((asked.wants&WANTS_PRICE)==0 || IsAsked(record.price,asked.want_price)) &&
          ((asked.wants&WANTS_STOPLIMIT)==0 || IsAsked(record.price_stoplimit,asked.want_stoplimit)) &&
          ((asked.wants&WANTS_STOP_LOSS)==0 || IsAsked(record.stop_loss,asked.want_stop_loss)) &&
          ((asked.wants&WANTS_TAKE_PROFIT)==0 || IsAsked(record.take_profit,asked.want_take_profit)) &&
          ((asked.wants&WANTS_LIFETIME)==0 || record.time_in_force==asked.want_lifetime) && ExpiresAsAsked(record,asked));
  }
//+------------------------------------------------------------------+
//| The server keeps whole seconds, and of a day only which one it is|
//+------------------------------------------------------------------+
static bool CAgentTargets::ExpiresAsAsked(const SOrder &record,const SEvidence &asked)
  {
   if((asked.wants&WANTS_EXPIRATION)==0)
      return(true);
   if(record.time_in_force==(int)ORDER_TIME_SPECIFIED)
      return(record.expiration_ms/1000==asked.want_expiration_ms/1000);
   if(record.time_in_force!=(int)ORDER_TIME_SPECIFIED_DAY)
      return(true);
   long day=asked.want_expiration_ms/86400000*86400000;
   return(record.expiration_ms>=day && record.expiration_ms<=day+86400000);
  }
//+------------------------------------------------------------------+
//| The finished order that a command was about                    |
//+------------------------------------------------------------------+
static bool CAgentTargets::Finished(const SEvidence &asked,SOrder &record)
  {
   if(!CTerminalReader::SelectHistory(asked.broker_ms-(long)AGENT_HISTORY_SECONDS*1000))
      return(false);
   for(int i=0; i<HistoryOrdersTotal(); i++)
      if(HistoryOrderGetTicket(i)==asked.target_ticket)
         return(CTerminalReader::HistoryOrderAt(i,record));
   //--- the reference does not say by which of its times an order is selected, and this one may have stood for long
   if(!CTerminalReader::SelectHistory(0))
      return(false);
   for(int k=HistoryOrdersTotal()-1; k>=0; k--)
      if(HistoryOrderGetTicket(k)==asked.target_ticket)
         return(CTerminalReader::HistoryOrderAt(k,record));
   return(false);
  }
//+------------------------------------------------------------------+
//| Certain by what the terminal shows, not by an answer           |
//+------------------------------------------------------------------+
void CAgentTargets::ExecutedAs(const int flight,const long retcode)
  {
   m_flights[flight].deal=0;
   m_flights[flight].comment="";
   if(m_journal.entries[m_flights[flight].slot].evidence.target!=TARGET_NONE)
     {
      //--- these are an earlier answer's
      m_flights[flight].volume=0.0;
      m_flights[flight].price=0.0;
     }
   m_flights[flight].retcode=retcode;
   Executed(flight);
  }
//+------------------------------------------------------------------+
//| True if that settled it. That it is not as was asked proves nothing: the request may be on its way|
//+------------------------------------------------------------------+
bool CAgentTargets::JudgeTarget(const int flight)
  {
   SOrder    record;
   SPosition open;
   SEvidence asked=m_journal.entries[m_flights[flight].slot].evidence;
   bool      settled=false;
   if(asked.target==TARGET_POSITION)
      settled=CTerminalReader::Position(asked.target_ticket,open) && PositionIs(open,asked);
   else
     {
      bool active=CTerminalReader::Order(asked.target_ticket,record);
      bool finished=!active && Finished(asked,record);
      if(asked.target==TARGET_ORDER)
         settled=(active || finished) && OrderIs(record,asked);
      if(asked.target==TARGET_CANCEL && finished)
        {
         settled=record.state==(int)ORDER_STATE_CANCELED;
         if(record.state==(int)ORDER_STATE_FILLED || record.state==(int)ORDER_STATE_EXPIRED || record.state==(int)ORDER_STATE_REJECTED)
           {
            Rejected(flight,10006,"Order "+(string)asked.target_ticket+" ended, but not by a cancellation");
            return(true);
           }
        }
     }
   if(settled)
      ExecutedAs(flight,10009);
   return(settled);
  }
#endif
//+------------------------------------------------------------------+

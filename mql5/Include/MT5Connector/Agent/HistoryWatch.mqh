//+------------------------------------------------------------------+
//|                                                 HistoryWatch.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_HISTORYWATCH_MQH
#define MT5CONNECTOR_AGENT_HISTORYWATCH_MQH
#include <MT5Connector/Agent/TerminalReader.mqh>

//+------------------------------------------------------------------+
//| Whether the terminal shows the history that is known. One that has just started or connected shows empty tables until|
//+------------------------------------------------------------------+
//+------------------------------------------------------------------+
//| they have been loaded, and says so nowhere (docs/protocol.md, 4.1)|
//+------------------------------------------------------------------+
class CHistoryWatch
  {
private:
   ulong             m_known;
   bool              m_doubted;
   long              m_since_ms;
   long              m_looked_ms;
   static bool       Shows(const ulong deal);
public:
                     CHistoryWatch(void);
   void              Know(const ulong deal);
   void              Doubt(void) { m_doubted=true; }
   bool              IsThere(const long now);
   ulong             Known(void) const { return(m_known); }
  };
//+------------------------------------------------------------------+
//| No deal is known                                               |
//+------------------------------------------------------------------+
CHistoryWatch::CHistoryWatch(void)
  {
   m_known=0;
   m_doubted=true;
   m_since_ms=-1;
   m_looked_ms=-1;
  }
//+------------------------------------------------------------------+
//| A deal that the history must show from now on                  |
//+------------------------------------------------------------------+
void CHistoryWatch::Know(const ulong deal)
  {
   if(deal>m_known)
      m_known=deal;
  }
//+------------------------------------------------------------------+
//| Whether the history reaches up to a deal; that one itself may have been withdrawn meanwhile|
//+------------------------------------------------------------------+
static bool CHistoryWatch::Shows(const ulong deal)
  {
   if(!CTerminalReader::SelectHistory(0))
      return(false);
   for(int i=HistoryDealsTotal()-1; i>=0; i--)
      if(HistoryDealGetTicket(i)>=deal)
         return(true);
   return(false);
  }
//+------------------------------------------------------------------+
//| Looks while there is a doubt. A history that does not come for minutes has been archived, and the tables are all there is|
//+------------------------------------------------------------------+
bool CHistoryWatch::IsThere(const long now)
  {
   if(!m_doubted || m_known==0)
      return(true);
   if(m_since_ms<0)
      m_since_ms=now;
   else
      if(now-m_looked_ms<AGENT_SCAN_MS)
         return(false);
   m_looked_ms=now;
   bool shown=Shows(m_known);
   if(!shown && now-m_since_ms<AGENT_HISTORY_WAIT_MS)
      return(false);
   if(!shown)
     {
      Print("MT5Connector: the history does not show deal ",m_known," that was there before; going on without it");
      m_known=0;
     }
   m_doubted=false;
   m_since_ms=-1;
   return(true);
  }
#endif
//+------------------------------------------------------------------+

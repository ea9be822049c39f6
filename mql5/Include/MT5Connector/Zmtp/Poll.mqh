//+------------------------------------------------------------------+
//|                                                         Poll.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_ZMTP_POLL_MQH
#define MT5CONNECTOR_ZMTP_POLL_MQH
#include <MT5Connector/Net/Network.mqh>

//+------------------------------------------------------------------+
//| What all sockets wait for together                               |
//+------------------------------------------------------------------+
class CZmtpPoll
  {
private:
   SNetInterest      m_items[];
   int               m_count;
public:
                     CZmtpPoll(void);
   void              Reset(void) { m_count=0; }
   int               Add(const ulong handle,const int wanted);
   int               Wait(CNetwork &network,const int timeout_ms);
   int               Ready(const int index) const;
   int               Count(void) const { return(m_count); }
  };
//+------------------------------------------------------------------+
//| Waits for nothing                                                |
//+------------------------------------------------------------------+
CZmtpPoll::CZmtpPoll(void)
  {
   m_count=0;
  }
//+------------------------------------------------------------------+
//| The place to look at after Wait, or -1 without memory            |
//+------------------------------------------------------------------+
int CZmtpPoll::Add(const ulong handle,const int wanted)
  {
   if(m_count>=ArraySize(m_items) && ArrayResize(m_items,m_count+1,64)!=m_count+1)
      return(-1);
   m_items[m_count].handle=handle;
   m_items[m_count].wanted=wanted;
   m_items[m_count].ready=0;
   m_count++;
   return(m_count-1);
  }
//+------------------------------------------------------------------+
//| Waits until something is ready or the time is over               |
//+------------------------------------------------------------------+
int CZmtpPoll::Wait(CNetwork &network,const int timeout_ms)
  {
   return(network.Wait(m_items,m_count,timeout_ms));
  }
//+------------------------------------------------------------------+
//| What is ready there                                              |
//+------------------------------------------------------------------+
int CZmtpPoll::Ready(const int index) const
  {
   if(index<0 || index>=m_count)
      return(0);
   return(m_items[index].ready);
  }
#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//|                                                        Inbox.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_ZMTP_INBOX_MQH
#define MT5CONNECTOR_ZMTP_INBOX_MQH
#include <MT5Connector/Zmtp/Message.mqh>

//+------------------------------------------------------------------+
//| Messages that wait to be read; bounded by count and by bytes     |
//+------------------------------------------------------------------+
class CZmtpInbox
  {
private:
   CZmtpMessage      m_slots[];
   int               m_first;
   int               m_count;
   int               m_bytes;
   int               m_bytes_max;
public:
                     CZmtpInbox(void);
   bool              Init(const int messages_max,const int bytes_max);
   bool              HasRoom(void) const { return(m_count<ArraySize(m_slots) && m_bytes<m_bytes_max); }
   int               Count(void) const { return(m_count); }
   bool              Push(const CZmtpMessage &message);
   bool              Pop(CZmtpMessage &message);
  };
//+------------------------------------------------------------------+
//| Room for nothing                                                 |
//+------------------------------------------------------------------+
CZmtpInbox::CZmtpInbox(void)
  {
   m_first=0;
   m_count=0;
   m_bytes=0;
   m_bytes_max=0;
  }
//+------------------------------------------------------------------+
//| Empties it and sets its limits                                   |
//+------------------------------------------------------------------+
bool CZmtpInbox::Init(const int messages_max,const int bytes_max)
  {
   m_first=0;
   m_count=0;
   m_bytes=0;
   m_bytes_max=bytes_max;
   return(ArrayResize(m_slots,messages_max)==messages_max);
  }
//+------------------------------------------------------------------+
//| Takes a copy; false if there is no room                          |
//+------------------------------------------------------------------+
bool CZmtpInbox::Push(const CZmtpMessage &message)
  {
   if(!HasRoom())
      return(false);
   int slot=(m_first+m_count)%ArraySize(m_slots);
   if(!m_slots[slot].Assign(message))
      return(false);
   m_count++;
   m_bytes+=message.Bytes();
   return(true);
  }
//+------------------------------------------------------------------+
//| The oldest message; false if there is none                       |
//+------------------------------------------------------------------+
bool CZmtpInbox::Pop(CZmtpMessage &message)
  {
   if(m_count==0)
      return(false);
   bool good=message.Assign(m_slots[m_first]);
   m_bytes-=m_slots[m_first].Bytes();
   m_first=(m_first+1)%ArraySize(m_slots);
   m_count--;
   return(good);
  }
#endif
//+------------------------------------------------------------------+

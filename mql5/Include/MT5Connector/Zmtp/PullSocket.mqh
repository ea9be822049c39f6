//+------------------------------------------------------------------+
//|                                                   PullSocket.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_ZMTP_PULLSOCKET_MQH
#define MT5CONNECTOR_ZMTP_PULLSOCKET_MQH
#include <MT5Connector/Zmtp/Server.mqh>

//+------------------------------------------------------------------+
//| PULL: takes messages of PUSH peers (ZeroMQ RFC 30)               |
//+------------------------------------------------------------------+
class CPullSocket : public CZmtpServer
  {
private:
   CZmtpInbox        m_inbox;
   CZmtpMessage      m_arrived;
protected:
   virtual bool      CanTake(void) const { return(m_inbox.HasRoom()); }
   virtual void      TakeMessage(const int index);
public:
                     CPullSocket(void);
   bool              Init(const SZmtpOptions &options) { return(m_inbox.Init(options.inbox_messages,options.inbox_bytes)); }
   bool              Receive(CZmtpMessage &message) { return(m_inbox.Pop(message)); }
   int               Waiting(void) const { return(m_inbox.Count()); }
  };
//+------------------------------------------------------------------+
//| Names its pattern                                                |
//+------------------------------------------------------------------+
CPullSocket::CPullSocket(void)
  {
   m_type="PULL";
   m_accepted=" PUSH ";
  }
//+------------------------------------------------------------------+
//| Keeps the message until it is received                           |
//+------------------------------------------------------------------+
void CPullSocket::TakeMessage(const int index)
  {
   if(!m_peers[index].TakeMessage(m_arrived) || !m_inbox.Push(m_arrived))
      m_peers[index].Fail(ZMTP_FAULT_SYSTEM);
  }
#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//|                                                 RouterSocket.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_ZMTP_ROUTERSOCKET_MQH
#define MT5CONNECTOR_ZMTP_ROUTERSOCKET_MQH
#include <MT5Connector/Zmtp/Server.mqh>

//+------------------------------------------------------------------+
//| ROUTER: messages with the connection they came by, answers to it (ZeroMQ RFC 28)|
//+------------------------------------------------------------------+
class CRouterSocket : public CZmtpServer
  {
private:
   CZmtpInbox        m_inbox;
   CZmtpMessage      m_arrived;
protected:
   virtual bool      CanTake(void) const { return(m_inbox.HasRoom()); }
   virtual void      TakeMessage(const int index);
public:
                     CRouterSocket(void);
   bool              Init(const SZmtpOptions &options) { return(m_inbox.Init(options.inbox_messages,options.inbox_bytes)); }
   bool              Receive(CZmtpMessage &message) { return(m_inbox.Pop(message)); }
   int               Waiting(void) const { return(m_inbox.Count()); }
   bool              Send(CNetwork &network,const CZmtpMessage &message);
   static int        Envelope(const CZmtpMessage &message);
   static bool       Answer(const CZmtpMessage &request,CZmtpMessage &answer);
  };
//+------------------------------------------------------------------+
//| Names its pattern                                                |
//+------------------------------------------------------------------+
CRouterSocket::CRouterSocket(void)
  {
   m_type="ROUTER";
   m_accepted=" DEALER REQ ROUTER ";
  }
//+------------------------------------------------------------------+
//| Keeps the message until it is received                           |
//+------------------------------------------------------------------+
void CRouterSocket::TakeMessage(const int index)
  {
   if(!m_peers[index].TakeMessage(m_arrived) || !m_inbox.Push(m_arrived))
      m_peers[index].Fail(ZMTP_FAULT_SYSTEM);
  }
//+------------------------------------------------------------------+
//| Sends to the peer that the message names; false if it is gone or its queue is full|
//+------------------------------------------------------------------+
bool CRouterSocket::Send(CNetwork &network,const CZmtpMessage &message)
  {
   int index=FindPeer(message.Peer());
   if(index<0)
      return(false);
   return(m_peers[index].SendMessage(message,m_options));
  }
//+------------------------------------------------------------------+
//| The frames before the body: a REQ puts an empty one in front     |
//+------------------------------------------------------------------+
static int CRouterSocket::Envelope(const CZmtpMessage &message)
  {
   if(message.Frames()>1 && message.FrameSize(0)==0)
      return(1);
   return(0);
  }
//+------------------------------------------------------------------+
//| Begins an answer: the same peer and the same envelope            |
//+------------------------------------------------------------------+
static bool CRouterSocket::Answer(const CZmtpMessage &request,CZmtpMessage &answer)
  {
   uchar empty[];
   answer.Clear();
   answer.SetPeer(request.Peer());
   if(Envelope(request)==1)
      return(answer.AddWhole(empty));
   return(true);
  }
#endif
//+------------------------------------------------------------------+

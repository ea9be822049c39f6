//+------------------------------------------------------------------+
//|                                                    PubSocket.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_ZMTP_PUBSOCKET_MQH
#define MT5CONNECTOR_ZMTP_PUBSOCKET_MQH
#include <MT5Connector/Zmtp/Server.mqh>
#include <MT5Connector/Zmtp/Subscriptions.mqh>

//+------------------------------------------------------------------+
//| PUB: each subscriber has a queue of its own (ZeroMQ RFC 29)      |
//+------------------------------------------------------------------+
class CPubSocket : public CZmtpServer
  {
private:
   CZmtpSubscriptions m_subscriptions[ZMTP_PEERS_MAX];
   ulong             m_skipped[ZMTP_PEERS_MAX];
   CZmtpMessage      m_arrived;
protected:
   virtual void      TakeMessage(const int index);
   virtual bool      TakeSubscription(const int index,const bool add,const uchar &data[],const int at,const int count);
   virtual void      PeerGone(const int index);
public:
                     CPubSocket(void);
   int               Publish(const CZmtpMessage &message,const bool may_skip);
   int               QueuedMost(void) const;
   int               Subscriptions(void) const;
   ulong             Skipped(void) const;
  };
//+------------------------------------------------------------------+
//| Names its pattern                                                |
//+------------------------------------------------------------------+
CPubSocket::CPubSocket(void)
  {
   m_type="PUB";
   m_accepted=" SUB XSUB ";
   ArrayFill(m_skipped,0,ZMTP_PEERS_MAX,0);
  }
//+------------------------------------------------------------------+
//| ZMTP 3.0 subscribes with a message of one frame: 1 or 0, then the topic|
//+------------------------------------------------------------------+
void CPubSocket::TakeMessage(const int index)
  {
   uchar data[];
   if(!m_peers[index].TakeMessage(m_arrived) || !m_arrived.GetFrame(0,data))
     {
      m_peers[index].Fail(ZMTP_FAULT_SYSTEM);
      return;
     }
   int size=ArraySize(data);
   if(m_arrived.Frames()!=1 || size<1 || (int)data[0]>1 || !TakeSubscription(index,(int)data[0]==1,data,1,size-1))
      m_peers[index].Fail(ZMTP_FAULT_PROTOCOL);
  }
//+------------------------------------------------------------------+
//| Adds or cancels; false at the limits                             |
//+------------------------------------------------------------------+
bool CPubSocket::TakeSubscription(const int index,const bool add,const uchar &data[],const int at,const int count)
  {
   if(add)
      return(m_subscriptions[index].Add(data,at,count));
   m_subscriptions[index].Cancel(data,at,count);
   return(true);
  }
//+------------------------------------------------------------------+
//| Forgets a subscriber                                             |
//+------------------------------------------------------------------+
void CPubSocket::PeerGone(const int index)
  {
   m_subscriptions[index].Clear();
  }
//+------------------------------------------------------------------+
//| Queues for those who want it; what may be skipped, up to queue_soft|
//+------------------------------------------------------------------+
int CPubSocket::Publish(const CZmtpMessage &message,const bool may_skip)
  {
   int count=0;
   for(int i=0; i<m_options.peers_max; i++)
     {
      if(m_peers[i].State()!=ZMTP_STATE_READY || !m_subscriptions[i].Matches(message))
         continue;
      if(may_skip && m_peers[i].Queued()+message.Bytes()>m_options.queue_soft)
        {
         m_skipped[i]++;
         continue;
        }
      if(m_peers[i].SendMessage(message,m_options))
         count++;
     }
   return(count);
  }
//+------------------------------------------------------------------+
//| The longest queue, in bytes                                      |
//+------------------------------------------------------------------+
int CPubSocket::QueuedMost(void) const
  {
   int most=0;
   for(int i=0; i<m_options.peers_max; i++)
      if(m_peers[i].Queued()>most)
         most=m_peers[i].Queued();
   return(most);
  }
//+------------------------------------------------------------------+
//| Topics of all subscribers                                        |
//+------------------------------------------------------------------+
int CPubSocket::Subscriptions(void) const
  {
   int count=0;
   for(int i=0; i<m_options.peers_max; i++)
      count+=m_subscriptions[i].Size();
   return(count);
  }
//+------------------------------------------------------------------+
//| Messages that slow subscribers did not get                       |
//+------------------------------------------------------------------+
ulong CPubSocket::Skipped(void) const
  {
   ulong count=0;
   for(int i=0; i<m_options.peers_max; i++)
      count+=m_skipped[i];
   return(count);
  }
#endif
//+------------------------------------------------------------------+

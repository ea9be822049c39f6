//+------------------------------------------------------------------+
//|                                                       Server.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_ZMTP_SERVER_MQH
#define MT5CONNECTOR_ZMTP_SERVER_MQH
#include <MT5Connector/Zmtp/Inbox.mqh>
#include <MT5Connector/Zmtp/Peer.mqh>
#include <MT5Connector/Zmtp/Poll.mqh>

#define CURVE_FLAG_COMMAND 2

//+------------------------------------------------------------------+
//| A listening socket with its connections; the patterns derive from it|
//+------------------------------------------------------------------+
class CZmtpServer
  {
private:
   ulong             m_listener;
   int               m_listener_poll;
   int               m_port;
   ulong             m_next_token;
   bool              m_stalled;
   ulong             m_faults[ZMTP_FAULT_KINDS];
   uchar             m_scratch[ZMTP_CHUNK_BYTES];
   uchar             m_body[];
   uchar             m_plain[];
   void              AcceptAll(CNetwork &network,const ulong now);
   int               FindRoom(CNetwork &network);
   void              Drop(CNetwork &network,const int index);
   void              Process(const int index,const ulong now);
   void              TakeTraffic(const int index,const int flags);
   void              TakeCommand(const int index);
   bool              IsCommand(const string name) const;
protected:
   string            m_type;
   string            m_accepted;
   SZmtpOptions      m_options;
   CCurveKeys        m_keys;
   CZmtpPeer         m_peers[ZMTP_PEERS_MAX];
   virtual bool      CanTake(void) const { return(true); }
   virtual void      TakeMessage(const int index) {}
   virtual bool      TakeSubscription(const int index,const bool add,const uchar &data[],const int at,const int count) { return(false); }
   virtual void      PeerGone(const int index) {}
   int               FindPeer(const ulong token) const;
public:
                     CZmtpServer(void);
   virtual          ~CZmtpServer(void) {}
   bool              Listen(CNetwork &network,const SNetEndpoint &endpoint,const SZmtpOptions &options);
   void              Close(CNetwork &network);
   bool              IsOpen(void) const { return(m_listener!=NET_INVALID); }
   int               Port(void) const { return(m_port); }
   bool              SetSecret(const uchar &secret_key[]) { return(m_keys.SetSecret(secret_key)); }
   bool              Admit(const uchar &client_key[]) { return(m_keys.Admit(client_key)); }
   void              Prepare(CZmtpPoll &poll);
   void              Service(CNetwork &network,const CZmtpPoll &poll,const ulong now);
   void              FlushAll(CNetwork &network,const ulong now);
   bool              HasMore(void) const { return(m_stalled && CanTake()); }
   int               Connections(void) const;
   int               ReadyPeers(void) const;
   ulong             Faults(const ENUM_ZMTP_FAULT fault) const { return(m_faults[fault]); }
   bool              ClientKey(const ulong token,uchar &key[]) const;
  };
//+------------------------------------------------------------------+
//| Closed                                                           |
//+------------------------------------------------------------------+
CZmtpServer::CZmtpServer(void)
  {
   m_listener=NET_INVALID;
   m_listener_poll=-1;
   m_port=0;
   m_next_token=1;
   m_stalled=false;
   m_type="";
   m_accepted="";
   ArrayFill(m_faults,0,ZMTP_FAULT_KINDS,0);
   CZmtpDefaults::Fill(m_options);
  }
//+------------------------------------------------------------------+
//| Listens; needs the server's key first                            |
//+------------------------------------------------------------------+
bool CZmtpServer::Listen(CNetwork &network,const SNetEndpoint &endpoint,const SZmtpOptions &options)
  {
   if(IsOpen() || !m_keys.IsSet() || options.peers_max<1 || options.peers_max>ZMTP_PEERS_MAX)
      return(false);
   m_options=options;
   m_listener=network.Listen(endpoint,ZMTP_BACKLOG);
   if(!IsOpen())
      return(false);
   m_port=network.BoundPort(m_listener);
   return(true);
  }
//+------------------------------------------------------------------+
//| Closes the listener and every connection                         |
//+------------------------------------------------------------------+
void CZmtpServer::Close(CNetwork &network)
  {
   for(int i=0; i<ZMTP_PEERS_MAX; i++)
      if(m_peers[i].State()!=ZMTP_STATE_FREE)
        {
         m_peers[i].Flush(network,m_scratch,0);
         m_peers[i].Fail(ZMTP_FAULT_CLOSED_HERE);
         Drop(network,i);
        }
   if(IsOpen())
      network.Close(m_listener);
   m_listener=NET_INVALID;
   m_port=0;
  }
//+------------------------------------------------------------------+
//| Tells the poll what to wait for                                  |
//+------------------------------------------------------------------+
void CZmtpServer::Prepare(CZmtpPoll &poll)
  {
   bool can_take=CanTake();
   m_listener_poll=-1;
   if(IsOpen())
      m_listener_poll=poll.Add(m_listener,NET_READABLE);
   for(int i=0; i<m_options.peers_max; i++)
     {
      int wanted=0;
      if(m_peers[i].State()==ZMTP_STATE_FREE)
         continue;
      //--- whoever sends faster than we act is not read for a while
      if(can_take || m_peers[i].State()!=ZMTP_STATE_READY)
         wanted=NET_READABLE;
      if(m_peers[i].Queued()>0)
         wanted|=NET_WRITABLE;
      m_peers[i].SetPollIndex(poll.Add(m_peers[i].Handle(),wanted));
     }
  }
//+------------------------------------------------------------------+
//| One turn: read, act, write, drop what is over, accept            |
//+------------------------------------------------------------------+
void CZmtpServer::Service(CNetwork &network,const CZmtpPoll &poll,const ulong now)
  {
   m_stalled=false;
   for(int i=0; i<m_options.peers_max; i++)
     {
      if(m_peers[i].State()==ZMTP_STATE_FREE)
         continue;
      if((poll.Ready(m_peers[i].PollIndex())&NET_READABLE)!=0)
         m_peers[i].Receive(network,m_scratch,now);
      ENUM_ZMTP_FAULT arrived=m_peers[i].Fault();
      //--- what came before the end of the stream still counts
      if(arrived==ZMTP_FAULT_PEER_CLOSED)
         m_peers[i].Fail(ZMTP_FAULT_NONE);
      Process(i,now);
      if(m_peers[i].Fault()==ZMTP_FAULT_NONE && arrived!=ZMTP_FAULT_NONE)
         m_peers[i].Fail(arrived);
      if(m_peers[i].Queued()>0)
         m_peers[i].Flush(network,m_scratch,now);
      m_peers[i].Heartbeat(m_options,now);
      bool leaving=m_peers[i].State()==ZMTP_STATE_LEAVING && m_peers[i].Queued()>0 && now<m_peers[i].Deadline() &&
                   m_peers[i].Fault()!=ZMTP_FAULT_PEER_CLOSED;
      if(m_peers[i].Fault()!=ZMTP_FAULT_NONE && !leaving)
         Drop(network,i);
     }
   if(m_listener_poll>=0 && poll.Ready(m_listener_poll)!=0)
      AcceptAll(network,now);
  }
//+------------------------------------------------------------------+
//| Sends what was queued since the last turn                        |
//+------------------------------------------------------------------+
void CZmtpServer::FlushAll(CNetwork &network,const ulong now)
  {
   for(int i=0; i<m_options.peers_max; i++)
      if(m_peers[i].State()!=ZMTP_STATE_FREE && m_peers[i].Queued()>0)
         m_peers[i].Flush(network,m_scratch,now);
  }
//+------------------------------------------------------------------+
//| Frames of one connection, until they or the room for messages end|
//+------------------------------------------------------------------+
void CZmtpServer::Process(const int index,const ulong now)
  {
   int flags=0;
   while(m_peers[index].Fault()==ZMTP_FAULT_NONE && m_peers[index].State()!=ZMTP_STATE_LEAVING)
     {
      if(m_peers[index].State()==ZMTP_STATE_READY && !CanTake())
        {
         m_stalled=true;
         return;
        }
      if(m_peers[index].TakeFrame(m_options,flags,m_body)<1)
         return;
      if(m_peers[index].State()==ZMTP_STATE_READY)
         TakeTraffic(index,flags);
      else
         m_peers[index].Handshake(m_keys,m_type,m_accepted,flags,m_body,now);
     }
  }
//+------------------------------------------------------------------+
//| A MESSAGE of the handshaken peer                                 |
//+------------------------------------------------------------------+
void CZmtpServer::TakeTraffic(const int index,const int flags)
  {
   bool complete=false;
   ENUM_ZMTP_FAULT fault=m_peers[index].Decrypt(m_body,m_plain);
   if(fault!=ZMTP_FAULT_NONE)
     {
      m_peers[index].Fail(fault);
      return;
     }
   if(((int)m_plain[0]&CURVE_FLAG_COMMAND)!=0)
     {
      TakeCommand(index);
      return;
     }
   if(m_peers[index].TakePart(m_options,(int)m_plain[0],m_plain,complete) && complete)
      TakeMessage(index);
  }
//+------------------------------------------------------------------+
//| Tells whether the plaintext at hand is a command of that name    |
//+------------------------------------------------------------------+
bool CZmtpServer::IsCommand(const string name) const
  {
   int length=StringLen(name);
   if(ArraySize(m_plain)<2+length || (int)m_plain[1]!=length)
      return(false);
   for(int i=0; i<length; i++)
      if((int)m_plain[2+i]!=(int)StringGetCharacter(name,i))
         return(false);
   return(true);
  }
//+------------------------------------------------------------------+
//| PING, PONG, SUBSCRIBE, CANCEL, ERROR; unknown ones are ignored (RFC 37)|
//+------------------------------------------------------------------+
void CZmtpServer::TakeCommand(const int index)
  {
   int size=ArraySize(m_plain);
   if(IsCommand("PING"))
     {
      if(m_peers[index].TakePing(m_plain,m_options))
         return;
     }
   bool add=IsCommand("SUBSCRIBE");
   if(add || IsCommand("CANCEL"))
     {
      int at=8;
      if(add)
         at=11;
      if(!TakeSubscription(index,add,m_plain,at,size-at))
         m_peers[index].Fail(ZMTP_FAULT_PROTOCOL);
     }
   if(IsCommand("ERROR"))
      m_peers[index].Fail(ZMTP_FAULT_PEER_CLOSED);
   if(size<3)
      m_peers[index].Fail(ZMTP_FAULT_PROTOCOL);
  }
//+------------------------------------------------------------------+
//| Ends a connection and counts why                                 |
//+------------------------------------------------------------------+
void CZmtpServer::Drop(CNetwork &network,const int index)
  {
   ENUM_ZMTP_FAULT fault=m_peers[index].Fault();
   m_faults[fault]++;
   PeerGone(index);
   m_peers[index].Free(network);
  }
//+------------------------------------------------------------------+
//| A free place; at the limit the oldest handshake gives way, a finished one never|
//+------------------------------------------------------------------+
int CZmtpServer::FindRoom(CNetwork &network)
  {
   int oldest=-1;
   for(int i=0; i<m_options.peers_max; i++)
     {
      if(m_peers[i].State()==ZMTP_STATE_FREE)
         return(i);
      if(m_peers[i].State()==ZMTP_STATE_READY)
         continue;
      if(oldest<0 || m_peers[i].Token()<m_peers[oldest].Token())
         oldest=i;
     }
   if(oldest>=0)
     {
      m_peers[oldest].Fail(ZMTP_FAULT_NO_ROOM);
      Drop(network,oldest);
     }
   return(oldest);
  }
//+------------------------------------------------------------------+
//| Takes the connections that wait, a bounded number per turn       |
//+------------------------------------------------------------------+
void CZmtpServer::AcceptAll(CNetwork &network,const ulong now)
  {
   for(int i=0; i<ZMTP_BACKLOG; i++)
     {
      ulong handle=network.Accept(m_listener);
      if(handle==NET_INVALID)
         return;
      int index=FindRoom(network);
      if(index<0)
        {
         network.Close(handle);
         m_faults[ZMTP_FAULT_NO_ROOM]++;
         continue;
        }
      if(!m_peers[index].Open(handle,m_next_token,m_options,now))
         m_peers[index].Fail(ZMTP_FAULT_SYSTEM);
      m_next_token++;
      m_peers[index].Flush(network,m_scratch,now);
     }
  }
//+------------------------------------------------------------------+
//| The place of a handshaken peer, or -1                            |
//+------------------------------------------------------------------+
int CZmtpServer::FindPeer(const ulong token) const
  {
   for(int i=0; i<m_options.peers_max; i++)
      if(m_peers[i].Token()==token && m_peers[i].State()==ZMTP_STATE_READY)
         return(i);
   return(-1);
  }
//+------------------------------------------------------------------+
//| Connections of any state                                         |
//+------------------------------------------------------------------+
int CZmtpServer::Connections(void) const
  {
   int count=0;
   for(int i=0; i<m_options.peers_max; i++)
      if(m_peers[i].State()!=ZMTP_STATE_FREE)
         count++;
   return(count);
  }
//+------------------------------------------------------------------+
//| Connections whose handshake is done                              |
//+------------------------------------------------------------------+
int CZmtpServer::ReadyPeers(void) const
  {
   int count=0;
   for(int i=0; i<m_options.peers_max; i++)
      if(m_peers[i].State()==ZMTP_STATE_READY)
         count++;
   return(count);
  }
//+------------------------------------------------------------------+
//| The permanent key that opened a connection                       |
//+------------------------------------------------------------------+
bool CZmtpServer::ClientKey(const ulong token,uchar &key[]) const
  {
   int index=FindPeer(token);
   if(index<0)
      return(false);
   return(m_peers[index].ClientKey(key));
  }
#endif
//+------------------------------------------------------------------+

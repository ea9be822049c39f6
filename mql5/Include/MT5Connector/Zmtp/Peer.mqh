//+------------------------------------------------------------------+
//|                                                         Peer.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_ZMTP_PEER_MQH
#define MT5CONNECTOR_ZMTP_PEER_MQH
#include <MT5Connector/Net/Network.mqh>
#include <MT5Connector/Zmtp/ByteQueue.mqh>
#include <MT5Connector/Zmtp/CurveServer.mqh>
#include <MT5Connector/Zmtp/Message.mqh>
#include <MT5Connector/Zmtp/Metadata.mqh>

enum ENUM_ZMTP_STATE
  {
   ZMTP_STATE_FREE=0,
   ZMTP_STATE_GREETING=1,
   ZMTP_STATE_HELLO=2,
   ZMTP_STATE_INITIATE=3,
   ZMTP_STATE_READY=4,
   ZMTP_STATE_LEAVING=5
  };

//+------------------------------------------------------------------+
//| One connection: greeting, handshake, frames in and out (ZeroMQ RFC 37)|
//+------------------------------------------------------------------+
class CZmtpPeer
  {
private:
   ENUM_ZMTP_STATE   m_state;
   ENUM_ZMTP_FAULT   m_fault;
   ulong             m_handle;
   ulong             m_token;
   ulong             m_deadline;
   ulong             m_last_heard;
   ulong             m_last_sent;
   int               m_peer_ttl_ms;
   int               m_minor;
   int               m_poll;
   string            m_socket_type;
   uchar             m_identity[];
   CByteQueue        m_input;
   CByteQueue        m_output;
   CCurveServer      m_curve;
   CZmtpMessage      m_message;
   bool              QueueFrame(const int flags,const uchar &body[],const int count);
   bool              QueueGreeting(void);
   ENUM_ZMTP_FAULT   TakeGreeting(void);
   ENUM_ZMTP_FAULT   CheckSignature(void) const;
   void              Refuse(const string reason,const ulong now);
public:
                     CZmtpPeer(void);
   ENUM_ZMTP_STATE   State(void) const { return(m_state); }
   ENUM_ZMTP_FAULT   Fault(void) const { return(m_fault); }
   ulong             Handle(void) const { return(m_handle); }
   ulong             Token(void) const { return(m_token); }
   ulong             Deadline(void) const { return(m_deadline); }
   int               PollIndex(void) const { return(m_poll); }
   void              SetPollIndex(const int index) { m_poll=index; }
   int               Queued(void) const { return(m_output.Size()); }
   int               Minor(void) const { return(m_minor); }
   string            SocketType(void) const { return(m_socket_type); }
   bool              ClientKey(uchar &key[]) const { return(m_curve.GetClientKey(key)); }
   bool              Identity(uchar &identity[]) const;
   bool              Open(const ulong handle,const ulong token,const SZmtpOptions &options,const ulong now);
   void              Free(CNetwork &network);
   void              Fail(const ENUM_ZMTP_FAULT fault) { m_fault=fault; }
   void              Receive(CNetwork &network,uchar &scratch[],const ulong now);
   void              Flush(CNetwork &network,uchar &scratch[],const ulong now);
   int               TakeFrame(const SZmtpOptions &options,int &flags,uchar &body[]);
   void              Handshake(const CCurveKeys &keys,const string own_type,const string accepted,const int flags,
                               const uchar &body[],const ulong now);
   bool              TakePart(const SZmtpOptions &options,const int flags,const uchar &plain[],bool &complete);
   ENUM_ZMTP_FAULT   Decrypt(const uchar &body[],uchar &plain[]) { return(m_curve.Open(body,plain)); }
   bool              TakeMessage(CZmtpMessage &message);
   bool              SendPlain(const uchar &plain[],const int count,const SZmtpOptions &options);
   bool              SendMessage(const CZmtpMessage &message,const SZmtpOptions &options);
   void              Heartbeat(const SZmtpOptions &options,const ulong now);
   bool              TakePing(const uchar &plain[],const SZmtpOptions &options);
  };
//+------------------------------------------------------------------+
//| Free                                                             |
//+------------------------------------------------------------------+
CZmtpPeer::CZmtpPeer(void)
  {
   m_state=ZMTP_STATE_FREE;
   m_fault=ZMTP_FAULT_NONE;
   m_handle=NET_INVALID;
   m_token=0;
   m_deadline=0;
   m_last_heard=0;
   m_last_sent=0;
   m_peer_ttl_ms=0;
   m_minor=0;
   m_poll=-1;
   m_socket_type="";
  }
//+------------------------------------------------------------------+
//| Takes over an accepted connection                                |
//+------------------------------------------------------------------+
bool CZmtpPeer::Open(const ulong handle,const ulong token,const SZmtpOptions &options,const ulong now)
  {
   m_state=ZMTP_STATE_GREETING;
   m_fault=ZMTP_FAULT_NONE;
   m_handle=handle;
   m_token=token;
   m_deadline=now+(ulong)options.handshake_ms;
   m_last_heard=now;
   m_last_sent=now;
   m_peer_ttl_ms=0;
   m_minor=0;
   m_poll=-1;
   m_socket_type="";
   m_input.Clear();
   m_output.Clear();
   m_curve.Reset();
   m_message.Clear();
   return(QueueGreeting());
  }
//+------------------------------------------------------------------+
//| Closes the handle and frees the place                            |
//+------------------------------------------------------------------+
void CZmtpPeer::Free(CNetwork &network)
  {
   if(m_handle!=NET_INVALID)
      network.Close(m_handle);
   m_handle=NET_INVALID;
   m_state=ZMTP_STATE_FREE;
   m_poll=-1;
   m_input.Clear();
   m_output.Clear();
   m_curve.Reset();
   m_message.Clear();
  }
//+------------------------------------------------------------------+
//| The identity that the peer gave itself                           |
//+------------------------------------------------------------------+
bool CZmtpPeer::Identity(uchar &identity[]) const
  {
   int count=ArraySize(m_identity);
   if(!CBytes::Resize(identity,count))
      return(false);
   ArrayCopy(identity,m_identity,0,0,count);
   return(true);
  }
//+------------------------------------------------------------------+
//| Our 64 bytes: version 3.1, CURVE, as server                      |
//+------------------------------------------------------------------+
bool CZmtpPeer::QueueGreeting(void)
  {
   uchar greeting[ZMTP_GREETING_BYTES];
   ArrayFill(greeting,0,ZMTP_GREETING_BYTES,0);
   greeting[0]=0xFF;
   greeting[9]=0x7F;
   greeting[10]=3;
   greeting[11]=1;
   CBytes::PutAscii(greeting,12,"CURVE");
   greeting[32]=1;
   return(m_output.Append(greeting,0,ZMTP_GREETING_BYTES));
  }
//+------------------------------------------------------------------+
//| Reads what has come, a bounded amount per turn                   |
//+------------------------------------------------------------------+
void CZmtpPeer::Receive(CNetwork &network,uchar &scratch[],const ulong now)
  {
   for(int i=0; i<ZMTP_CHUNKS_PER_TURN; i++)
     {
      int count=network.Receive(m_handle,scratch,ZMTP_CHUNK_BYTES);
      if(count==NET_WOULD_BLOCK)
         return;
      if(count<0)
        {
         m_fault=ZMTP_FAULT_PEER_CLOSED;
         return;
        }
      m_last_heard=now;
      //--- a peer that is leaving is not listened to any more
      if(m_state!=ZMTP_STATE_LEAVING && !m_input.Append(scratch,0,count))
        {
         m_fault=ZMTP_FAULT_SYSTEM;
         return;
        }
      //--- before the key is known, nobody may fill our memory
      if(m_state<ZMTP_STATE_READY && m_input.Size()>ZMTP_CHUNK_BYTES)
        {
         m_fault=ZMTP_FAULT_TOO_LARGE;
         return;
        }
      if(count<ZMTP_CHUNK_BYTES)
         return;
     }
  }
//+------------------------------------------------------------------+
//| Sends as much as the system takes                                |
//+------------------------------------------------------------------+
void CZmtpPeer::Flush(CNetwork &network,uchar &scratch[],const ulong now)
  {
   while(m_output.Size()>0)
     {
      int count=m_output.Size();
      if(count>ZMTP_CHUNK_BYTES)
         count=ZMTP_CHUNK_BYTES;
      m_output.Copy(0,scratch,count);
      int taken=network.Send(m_handle,scratch,count);
      if(taken==NET_WOULD_BLOCK)
         return;
      if(taken<0)
        {
         m_fault=ZMTP_FAULT_PEER_CLOSED;
         return;
        }
      m_output.Skip(taken);
      m_last_sent=now;
     }
  }
//+------------------------------------------------------------------+
//| Judges the signature as soon as its bytes are there              |
//+------------------------------------------------------------------+
ENUM_ZMTP_FAULT CZmtpPeer::CheckSignature(void) const
  {
   int size=m_input.Size();
   if(size>0 && m_input.At(0)!=0xFF)
      return(ZMTP_FAULT_PROTOCOL);
   if(size>=ZMTP_SIGNATURE_BYTES && (m_input.At(9)&1)!=1)
      return(ZMTP_FAULT_PROTOCOL);
   if(size>ZMTP_SIGNATURE_BYTES && m_input.At(10)<3)
      return(ZMTP_FAULT_PROTOCOL);
   return(ZMTP_FAULT_NONE);
  }
//+------------------------------------------------------------------+
//| The peer's 64 bytes                                              |
//+------------------------------------------------------------------+
ENUM_ZMTP_FAULT CZmtpPeer::TakeGreeting(void)
  {
   uchar greeting[ZMTP_GREETING_BYTES];
   uchar curve[20];
   m_input.Copy(0,greeting,ZMTP_GREETING_BYTES);
   m_input.Skip(ZMTP_GREETING_BYTES);
   m_minor=(int)greeting[11];
   if((int)greeting[10]>3)
      m_minor=1;
   ArrayFill(curve,0,20,0);
   CBytes::PutAscii(curve,0,"CURVE");
   if(!CBytes::Equal(greeting,12,curve,0,20) || (int)greeting[32]!=0)
      return(ZMTP_FAULT_MECHANISM);
   return(ZMTP_FAULT_NONE);
  }
//+------------------------------------------------------------------+
//| 1 with a frame, 0 if more bytes must come first, -1 on a fault   |
//+------------------------------------------------------------------+
int CZmtpPeer::TakeFrame(const SZmtpOptions &options,int &flags,uchar &body[])
  {
   int header=2;
   int limit=ZMTP_HANDSHAKE_FRAME_MAX;
   if(m_state==ZMTP_STATE_GREETING)
     {
      m_fault=CheckSignature();
      if(m_fault==ZMTP_FAULT_NONE && m_input.Size()<ZMTP_GREETING_BYTES)
         return(0);
      if(m_fault==ZMTP_FAULT_NONE)
         m_fault=TakeGreeting();
      if(m_fault!=ZMTP_FAULT_NONE)
         return(-1);
      m_state=ZMTP_STATE_HELLO;
     }
   if(m_input.Size()<2)
      return(0);
   flags=m_input.At(0);
   if((flags&~(ZMTP_FLAG_MORE|ZMTP_FLAG_LONG|ZMTP_FLAG_COMMAND))!=0 || ((flags&ZMTP_FLAG_COMMAND)!=0 && (flags&ZMTP_FLAG_MORE)!=0))
     {
      m_fault=ZMTP_FAULT_PROTOCOL;
      return(-1);
     }
   ulong length=(ulong)m_input.At(1);
   if((flags&ZMTP_FLAG_LONG)!=0)
     {
      header=ZMTP_HEADER_BYTES;
      if(m_input.Size()<header)
         return(0);
      length=m_input.Uint64At(1);
     }
//--- the cap comes before any memory is asked for
   if(m_state==ZMTP_STATE_READY)
      limit=options.frame_max;
   if(length>(ulong)limit)
     {
      m_fault=ZMTP_FAULT_TOO_LARGE;
      return(-1);
     }
   int count=(int)length;
   if(m_input.Size()<header+count)
      return(0);
   if(!CBytes::Resize(body,count))
     {
      m_fault=ZMTP_FAULT_SYSTEM;
      return(-1);
     }
   m_input.Copy(header,body,count);
   m_input.Skip(header+count);
   return(1);
  }
//+------------------------------------------------------------------+
//| Queues one frame                                                 |
//+------------------------------------------------------------------+
bool CZmtpPeer::QueueFrame(const int flags,const uchar &body[],const int count)
  {
   uchar header[ZMTP_HEADER_BYTES];
   int   size=2;
   header[0]=(uchar)flags;
   if(count>255)
     {
      header[0]=(uchar)(flags|ZMTP_FLAG_LONG);
      CBytes::PutUint64Be(header,1,(ulong)count);
      size=ZMTP_HEADER_BYTES;
     }
   else
      header[1]=(uchar)count;
   return(m_output.Append(header,0,size) && m_output.Append(body,0,count));
  }
//+------------------------------------------------------------------+
//| Says why, then leaves once that is sent                          |
//+------------------------------------------------------------------+
void CZmtpPeer::Refuse(const string reason,const ulong now)
  {
   uchar command[];
   int   length=StringLen(reason);
   if(!CBytes::Resize(command,7+length))
      return;
   command[0]=5;
   CBytes::PutAscii(command,1,"ERROR");
   command[6]=(uchar)length;
   CBytes::PutAscii(command,7,reason);
   if(QueueFrame(ZMTP_FLAG_COMMAND,command,7+length))
     {
      m_state=ZMTP_STATE_LEAVING;
      m_deadline=now+ZMTP_GOODBYE_MS;
     }
  }
//+------------------------------------------------------------------+
//| HELLO and INITIATE; own_type and accepted are socket types, the latter between spaces|
//+------------------------------------------------------------------+
void CZmtpPeer::Handshake(const CCurveKeys &keys,const string own_type,const string accepted,const int flags,
                          const uchar &body[],const ulong now)
  {
   uchar answer[];
   uchar metadata[];
   if((flags&ZMTP_FLAG_COMMAND)==0)
     {
      m_fault=ZMTP_FAULT_PROTOCOL;
      return;
     }
   if(m_state==ZMTP_STATE_HELLO)
     {
      m_fault=m_curve.Hello(keys,body,answer);
      if(m_fault==ZMTP_FAULT_NONE && !QueueFrame(ZMTP_FLAG_COMMAND,answer,ArraySize(answer)))
         m_fault=ZMTP_FAULT_SYSTEM;
      m_state=ZMTP_STATE_INITIATE;
      return;
     }
   ENUM_ZMTP_FAULT outcome=m_curve.Initiate(keys,body,metadata);
   if(outcome==ZMTP_FAULT_AUTHENTICATION)
     {
      Refuse("400",now);
      m_fault=outcome;
      return;
     }
   if(outcome!=ZMTP_FAULT_NONE)
     {
      m_fault=outcome;
      return;
     }
   if(!CZmtpMetadata::Read(metadata,m_socket_type,m_identity))
     {
      m_fault=ZMTP_FAULT_PROTOCOL;
      return;
     }
   if(StringFind(accepted," "+m_socket_type+" ")<0)
     {
      Refuse("Invalid socket type",now);
      m_fault=ZMTP_FAULT_SOCKET_TYPE;
      return;
     }
   if(!CZmtpMetadata::Write(own_type,own_type=="ROUTER",metadata) || !m_curve.Ready(metadata,answer) ||
      !QueueFrame(ZMTP_FLAG_COMMAND,answer,ArraySize(answer)))
     {
      m_fault=ZMTP_FAULT_SYSTEM;
      return;
     }
   m_state=ZMTP_STATE_READY;
  }
//+------------------------------------------------------------------+
//| One part of a message; complete with the last one                |
//+------------------------------------------------------------------+
bool CZmtpPeer::TakePart(const SZmtpOptions &options,const int flags,const uchar &plain[],bool &complete)
  {
   int count=ArraySize(plain)-1;
   complete=(flags&ZMTP_FLAG_MORE)==0;
   if(m_message.Bytes()+count>options.message_max || !m_message.AddFrame(plain,1,count))
     {
      m_fault=ZMTP_FAULT_TOO_LARGE;
      return(false);
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| Gives the complete message and begins the next                   |
//+------------------------------------------------------------------+
bool CZmtpPeer::TakeMessage(CZmtpMessage &message)
  {
   m_message.SetPeer(m_token);
   bool good=message.Assign(m_message);
   m_message.Clear();
   return(good);
  }
//+------------------------------------------------------------------+
//| Encrypts and queues; false at the cap, and the connection is then lost|
//+------------------------------------------------------------------+
bool CZmtpPeer::SendPlain(const uchar &plain[],const int count,const SZmtpOptions &options)
  {
   uchar body[];
   if(m_state!=ZMTP_STATE_READY || m_fault!=ZMTP_FAULT_NONE)
      return(false);
   if(m_output.Size()+count+64>options.queue_max)
     {
      m_fault=ZMTP_FAULT_OVERFLOW;
      return(false);
     }
   if(!m_curve.Seal(plain,count,body) || !QueueFrame(0,body,ArraySize(body)))
     {
      m_fault=ZMTP_FAULT_SYSTEM;
      return(false);
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| All frames of a message, or none of them                         |
//+------------------------------------------------------------------+
bool CZmtpPeer::SendMessage(const CZmtpMessage &message,const SZmtpOptions &options)
  {
   uchar plain[];
   int   frames=message.Frames();
   if(m_output.Size()+message.Bytes()+64*frames>options.queue_max)
     {
      m_fault=ZMTP_FAULT_OVERFLOW;
      return(false);
     }
   for(int i=0; i<frames; i++)
     {
      int count=message.FrameSize(i);
      if(!CBytes::Resize(plain,count+1))
         return(false);
      plain[0]=0;
      if(i<frames-1)
         plain[0]=ZMTP_FLAG_MORE;
      message.CopyFrame(i,plain,1);
      if(!SendPlain(plain,count+1,options))
         return(false);
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| Deadlines: the handshake's, the goodbye's, and silence           |
//+------------------------------------------------------------------+
void CZmtpPeer::Heartbeat(const SZmtpOptions &options,const ulong now)
  {
   uchar ping[8];
   if(m_state!=ZMTP_STATE_READY)
     {
      if(now>=m_deadline && m_fault==ZMTP_FAULT_NONE)
         m_fault=ZMTP_FAULT_HANDSHAKE_TIMEOUT;
      return;
     }
   ulong silence=now-m_last_heard;
   if(m_peer_ttl_ms>0 && silence>(ulong)m_peer_ttl_ms)
      m_fault=ZMTP_FAULT_HEARTBEAT;
//--- a peer of 3.0 knows no PING and may be silent for good
   if(m_minor<1)
      return;
   if(silence>(ulong)options.silence_ms)
     {
      m_fault=ZMTP_FAULT_HEARTBEAT;
      return;
     }
   if(silence<(ulong)options.heartbeat_ms || now-m_last_sent<(ulong)options.heartbeat_ms)
      return;
   int ttl=options.silence_ms/100;
   ping[0]=2;
   ping[1]=4;
   CBytes::PutAscii(ping,2,"PING");
   ping[6]=(uchar)((ttl>>8)&255);
   ping[7]=(uchar)(ttl&255);
   if(SendPlain(ping,8,options))
      m_last_sent=now;
  }
//+------------------------------------------------------------------+
//| Answers a PING with its context; plain begins with the byte of flags|
//+------------------------------------------------------------------+
bool CZmtpPeer::TakePing(const uchar &plain[],const SZmtpOptions &options)
  {
   uchar pong[];
   int   context=ArraySize(plain)-8;
   if(context<0 || context>ZMTP_PING_CONTEXT_MAX || !CBytes::Resize(pong,6+context))
     {
      m_fault=ZMTP_FAULT_PROTOCOL;
      return(false);
     }
   m_peer_ttl_ms=((int)plain[6]*256+(int)plain[7])*100;
   pong[0]=2;
   pong[1]=4;
   CBytes::PutAscii(pong,2,"PONG");
   ArrayCopy(pong,plain,6,8,context);
   return(SendPlain(pong,6+context,options));
  }
#endif
//+------------------------------------------------------------------+

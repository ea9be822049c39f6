//+------------------------------------------------------------------+
//|                                                  CurveServer.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_ZMTP_CURVESERVER_MQH
#define MT5CONNECTOR_ZMTP_CURVESERVER_MQH
#include <MT5Connector/Zmtp/CurveKeys.mqh>
#include <MT5Connector/Zmtp/Limits.mqh>

#define CURVE_HELLO_BYTES 200
#define CURVE_WELCOME_BYTES 168
#define CURVE_COOKIE_BYTES 96
#define CURVE_INITIATE_MIN 257
#define CURVE_VOUCH_BOX 80
#define CURVE_MESSAGE_MIN 33

//+------------------------------------------------------------------+
//| The server's half of CurveZMQ (ZeroMQ RFC 25 and 26) for one connection|
//+------------------------------------------------------------------+
class CCurveServer
  {
private:
   uchar             m_client_short[];
   uchar             m_client_key[];
   uchar             m_short_secret[];
   uchar             m_short_public[];
   uchar             m_cookie_key[];
   CSecretBox        m_incoming;
   CSecretBox        m_outgoing;
   ulong             m_peer_nonce;
   ulong             m_nonce;
   bool              TakeNonce(const uchar &data[],const int at);
   void              PutNonce(uchar &data[],const int at);
   static bool       HasName(const uchar &data[],const string name);
   static void       Prefix(const string text,uchar &nonce[]);
public:
                     CCurveServer(void);
   void              Reset(void);
   ENUM_ZMTP_FAULT   Hello(const CCurveKeys &keys,const uchar &command[],uchar &welcome[]);
   ENUM_ZMTP_FAULT   Initiate(const CCurveKeys &keys,const uchar &command[],uchar &metadata[]);
   bool              Ready(const uchar &metadata[],uchar &command[]);
   bool              Seal(const uchar &plain[],const int count,uchar &body[]);
   ENUM_ZMTP_FAULT   Open(const uchar &body[],uchar &plain[]);
   bool              GetClientKey(uchar &key[]) const;
  };
//+------------------------------------------------------------------+
//| Nothing has happened yet                                         |
//+------------------------------------------------------------------+
CCurveServer::CCurveServer(void)
  {
   Reset();
  }
//+------------------------------------------------------------------+
//| Forgets everything                                               |
//+------------------------------------------------------------------+
void CCurveServer::Reset(void)
  {
   CBytes::Wipe(m_short_secret);
   CBytes::Wipe(m_cookie_key);
   m_peer_nonce=0;
   m_nonce=0;
  }
//+------------------------------------------------------------------+
//| Tells whether a command has that name                            |
//+------------------------------------------------------------------+
static bool CCurveServer::HasName(const uchar &data[],const string name)
  {
   int length=StringLen(name);
   if(ArraySize(data)<length+1 || (int)data[0]!=length)
      return(false);
   for(int i=0; i<length; i++)
      if((int)data[1+i]!=(int)StringGetCharacter(name,i))
         return(false);
   return(true);
  }
//+------------------------------------------------------------------+
//| The 16 bytes that all nonces of one kind begin with              |
//+------------------------------------------------------------------+
static void CCurveServer::Prefix(const string text,uchar &nonce[])
  {
   CBytes::PutAscii(nonce,0,text);
  }
//+------------------------------------------------------------------+
//| The peer's nonces only ever grow                                 |
//+------------------------------------------------------------------+
bool CCurveServer::TakeNonce(const uchar &data[],const int at)
  {
   ulong nonce=CBytes::GetUint64Be(data,at);
   if(nonce<=m_peer_nonce)
      return(false);
   m_peer_nonce=nonce;
   return(true);
  }
//+------------------------------------------------------------------+
//| The next nonce of ours                                           |
//+------------------------------------------------------------------+
void CCurveServer::PutNonce(uchar &data[],const int at)
  {
   m_nonce++;
   CBytes::PutUint64Be(data,at,m_nonce);
  }
//+------------------------------------------------------------------+
//| HELLO in, WELCOME out                                            |
//+------------------------------------------------------------------+
ENUM_ZMTP_FAULT CCurveServer::Hello(const CCurveKeys &keys,const uchar &command[],uchar &welcome[])
  {
   uchar nonce[24];
   uchar key[];
   uchar plain[];
   uchar cookie[];
   uchar fresh[];
   CSecretBox box;
   if(!HasName(command,"HELLO") || ArraySize(command)!=CURVE_HELLO_BYTES)
      return(ZMTP_FAULT_PROTOCOL);
   if((int)command[6]!=1 || (int)command[7]!=0 || !TakeNonce(command,112))
      return(ZMTP_FAULT_PROTOCOL);
   if(!CBytes::Resize(m_client_short,X25519_BYTES) || !CBytes::Resize(plain,64))
      return(ZMTP_FAULT_SYSTEM);
   ArrayCopy(m_client_short,command,0,80,X25519_BYTES);
//--- Box [64 * %x0](C'->S) proves that the client knows our key
   if(!keys.SharedWith(m_client_short,key))
      return(ZMTP_FAULT_AUTHENTICATION);
   Prefix("CurveZMQHELLO---",nonce);
   box.SetKey(key,nonce,0);
   if(!box.Open(command,112,command,120,80,plain,0) || !CBytes::IsZero(plain,0,64))
      return(ZMTP_FAULT_AUTHENTICATION);
   if(!CX25519::Generate(m_short_secret,m_short_public) || !CRandom::Fill(m_cookie_key,BOX_KEY))
      return(ZMTP_FAULT_SYSTEM);
//--- cookie: Box [C' + s'](K)
   ArrayCopy(plain,m_client_short,0,0,32);
   ArrayCopy(plain,m_short_secret,32,0,32);
   if(!CRandom::Fill(fresh,32) || !CBytes::Resize(cookie,CURVE_COOKIE_BYTES))
      return(ZMTP_FAULT_SYSTEM);
   CBytes::PutAscii(nonce,0,"COOKIE--");
   ArrayCopy(nonce,fresh,8,0,16);
   ArrayCopy(cookie,fresh,0,0,16);
   CSecretBox::SealWhole(m_cookie_key,nonce,plain,cookie,16);
//--- WELCOME: Box [S' + cookie](S->C')
   if(!CBytes::Resize(plain,128) || !CBytes::Resize(welcome,CURVE_WELCOME_BYTES))
      return(ZMTP_FAULT_SYSTEM);
   ArrayCopy(plain,m_short_public,0,0,32);
   ArrayCopy(plain,cookie,32,0,CURVE_COOKIE_BYTES);
   CBytes::PutAscii(nonce,0,"WELCOME-");
   ArrayCopy(nonce,fresh,8,16,16);
   welcome[0]=7;
   CBytes::PutAscii(welcome,1,"WELCOME");
   ArrayCopy(welcome,fresh,8,16,16);
   CSecretBox::SealWhole(key,nonce,plain,welcome,24);
   CBytes::Wipe(plain);
   return(ZMTP_FAULT_NONE);
  }
//+------------------------------------------------------------------+
//| INITIATE in: who the client is, and its metadata                 |
//+------------------------------------------------------------------+
ENUM_ZMTP_FAULT CCurveServer::Initiate(const CCurveKeys &keys,const uchar &command[],uchar &metadata[])
  {
   uchar nonce[24];
   uchar key[];
   uchar vouch_key[];
   uchar plain[];
   int   size=ArraySize(command);
   CSecretBox box;
   if(!HasName(command,"INITIATE") || size<CURVE_INITIATE_MIN)
      return(ZMTP_FAULT_PROTOCOL);
//--- the cookie must be the one of this connection
   CBytes::PutAscii(nonce,0,"COOKIE--");
   ArrayCopy(nonce,command,8,9,16);
   if(!CSecretBox::OpenWhole(m_cookie_key,nonce,command,25,80,plain))
      return(ZMTP_FAULT_AUTHENTICATION);
   if(!CBytes::Equal(plain,0,m_client_short,0,32) || !CBytes::Equal(plain,32,m_short_secret,0,32))
      return(ZMTP_FAULT_AUTHENTICATION);
   CBytes::Wipe(m_cookie_key);
   if(!TakeNonce(command,105))
      return(ZMTP_FAULT_PROTOCOL);
//--- Box [C + vouch + metadata](C'->S')
   if(!CSecretBox::BoxKey(m_short_secret,m_client_short,key) || !CBytes::Resize(plain,size-113-BOX_TAG))
      return(ZMTP_FAULT_AUTHENTICATION);
   Prefix("CurveZMQINITIATE",nonce);
   box.SetKey(key,nonce,0);
   if(!box.Open(command,105,command,113,size-113,plain,0))
      return(ZMTP_FAULT_AUTHENTICATION);
   if(!CBytes::Resize(m_client_key,X25519_BYTES) || !CBytes::Resize(metadata,ArraySize(plain)-128))
      return(ZMTP_FAULT_SYSTEM);
   ArrayCopy(m_client_key,plain,0,0,32);
   ArrayCopy(metadata,plain,0,128,ArraySize(metadata));
//--- vouch: Box [C' + S](C->S') proves that the client owns C
   uchar vouch[];
   if(!CSecretBox::BoxKey(m_short_secret,m_client_key,vouch_key))
      return(ZMTP_FAULT_AUTHENTICATION);
   CBytes::PutAscii(nonce,0,"VOUCH---");
   ArrayCopy(nonce,plain,8,32,16);
   if(!CSecretBox::OpenWhole(vouch_key,nonce,plain,48,CURVE_VOUCH_BOX,vouch))
      return(ZMTP_FAULT_AUTHENTICATION);
   if(!CBytes::Equal(vouch,0,m_client_short,0,32) || !keys.IsOwn(vouch,32))
      return(ZMTP_FAULT_AUTHENTICATION);
   if(!keys.IsAdmitted(m_client_key))
      return(ZMTP_FAULT_AUTHENTICATION);
   Prefix("CurveZMQMESSAGEC",nonce);
   m_incoming.SetKey(key,nonce,0);
   Prefix("CurveZMQREADY---",nonce);
   m_outgoing.SetKey(key,nonce,0);
   if(!CBytes::Resize(m_cookie_key,BOX_KEY))
      return(ZMTP_FAULT_SYSTEM);
//--- READY and MESSAGE differ in their nonces' prefix: keep the key until READY is made
   ArrayCopy(m_cookie_key,key,0,0,BOX_KEY);
   CBytes::Wipe(m_short_secret);
   return(ZMTP_FAULT_NONE);
  }
//+------------------------------------------------------------------+
//| READY: Box [metadata](S'->C')                                    |
//+------------------------------------------------------------------+
bool CCurveServer::Ready(const uchar &metadata[],uchar &command[])
  {
   uchar nonce[24];
   int   count=ArraySize(metadata);
   if(!CBytes::Resize(command,14+BOX_TAG+count))
      return(false);
   command[0]=5;
   CBytes::PutAscii(command,1,"READY");
   PutNonce(command,6);
   m_outgoing.Seal(command,6,metadata,0,count,command,14);
   Prefix("CurveZMQMESSAGES",nonce);
   m_outgoing.SetKey(m_cookie_key,nonce,0);
   CBytes::Wipe(m_cookie_key);
   return(true);
  }
//+------------------------------------------------------------------+
//| MESSAGE out: the plaintext begins with the byte of flags         |
//+------------------------------------------------------------------+
bool CCurveServer::Seal(const uchar &plain[],const int count,uchar &body[])
  {
   if(!CBytes::Resize(body,16+BOX_TAG+count))
      return(false);
   body[0]=7;
   CBytes::PutAscii(body,1,"MESSAGE");
   PutNonce(body,8);
   m_outgoing.Seal(body,8,plain,0,count,body,16);
   return(true);
  }
//+------------------------------------------------------------------+
//| MESSAGE in                                                       |
//+------------------------------------------------------------------+
ENUM_ZMTP_FAULT CCurveServer::Open(const uchar &body[],uchar &plain[])
  {
   int size=ArraySize(body);
   if(!HasName(body,"MESSAGE") || size<CURVE_MESSAGE_MIN || !TakeNonce(body,8))
      return(ZMTP_FAULT_PROTOCOL);
   if(!CBytes::Resize(plain,size-16-BOX_TAG))
      return(ZMTP_FAULT_SYSTEM);
   if(!m_incoming.Open(body,8,body,16,size-16,plain,0))
      return(ZMTP_FAULT_AUTHENTICATION);
   return(ZMTP_FAULT_NONE);
  }
//+------------------------------------------------------------------+
//| The client's permanent key                                       |
//+------------------------------------------------------------------+
bool CCurveServer::GetClientKey(uchar &key[]) const
  {
   if(ArraySize(m_client_key)!=X25519_BYTES || !CBytes::Resize(key,X25519_BYTES))
      return(false);
   ArrayCopy(key,m_client_key,0,0,X25519_BYTES);
   return(true);
  }
#endif
//+------------------------------------------------------------------+

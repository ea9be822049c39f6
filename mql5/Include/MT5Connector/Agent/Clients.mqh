//+------------------------------------------------------------------+
//|                                                      Clients.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_CLIENTS_MQH
#define MT5CONNECTOR_AGENT_CLIENTS_MQH
#include <MT5Connector/Agent/Settings.mqh>
#include <MT5Connector/Crypto/Hkdf.mqh>
#include <MT5Connector/Crypto/X25519.mqh>

//+------------------------------------------------------------------+
//| The clients that the agent admits, with the keys of their signatures|
//+------------------------------------------------------------------+
class CClients
  {
private:
   int               m_count;
   uchar             m_public[];
   string            m_hex[SETTINGS_CLIENTS_MAX];
   bool              m_trades[SETTINGS_CLIENTS_MAX];
   CHmac             m_command[SETTINGS_CLIENTS_MAX];
   CHmac             m_sync[SETTINGS_CLIENTS_MAX];
   double            m_command_tokens[SETTINGS_CLIENTS_MAX];
   double            m_sync_tokens[SETTINGS_CLIENTS_MAX];
   long              m_command_ms[SETTINGS_CLIENTS_MAX];
   long              m_sync_ms[SETTINGS_CLIENTS_MAX];
   int               m_commands_per_second;
   int               m_requests_per_second;
   static bool       MacKey(const uchar &shared[],const uchar &client_key[],const uchar &server_key[],const string channel,CHmac &hmac);
   static bool       Take(double &tokens,long &last_ms,const int per_second,const long now);
   bool              TagHash(const int client,const string id,uchar &digest[]) const;
public:
                     CClients(void);
   bool              Init(const CSettings &settings);
   int               Count(void) const { return(m_count); }
   int               Find(const uchar &key[]) const;
   string            Hex(const int client) const { return(m_hex[client]); }
   bool              Trades(const int client) const { return(m_trades[client]); }
   bool              VerifySync(const int client,const uchar &body[],const uchar &mac[]) const { return(m_sync[client].Verify(body,mac)); }
   bool              VerifyCommand(const int client,const uchar &body[],const uchar &mac[]) const { return(m_command[client].Verify(body,mac)); }
   bool              TakeRequest(const int client,const long now);
   bool              TakeCommand(const int client,const long now);
   string            Tag(const int client,const string id) const;
   ulong             TagMagic(const int client,const string id) const;
  };
//+------------------------------------------------------------------+
//| Nobody                                                         |
//+------------------------------------------------------------------+
CClients::CClients(void)
  {
   m_count=0;
   m_commands_per_second=1;
   m_requests_per_second=1;
  }
//+------------------------------------------------------------------+
//| Derives one key of the protocol's section 3                    |
//+------------------------------------------------------------------+
static bool CClients::MacKey(const uchar &shared[],const uchar &client_key[],const uchar &server_key[],const string channel,CHmac &hmac)
  {
   uchar info[];
   uchar salt[];
   uchar key[];
   if(!CBytes::Resize(info,73+StringLen(channel)) || !CBytes::Resize(salt,0))
      return(false);
   CBytes::PutAscii(info,0,"MT5C-MAC");
   info[8]=1;
   ArrayCopy(info,client_key,9,0,32);
   ArrayCopy(info,server_key,41,0,32);
   CBytes::PutAscii(info,73,channel);
   bool good=CHkdf::Derive(shared,salt,info,32,key) && hmac.SetKey(key);
   CBytes::Wipe(key);
   return(good);
  }
//+------------------------------------------------------------------+
//| Takes the clients of the settings                              |
//+------------------------------------------------------------------+
bool CClients::Init(const CSettings &settings)
  {
   uchar server_key[];
   uchar client_key[];
   uchar shared[];
   m_count=settings.Clients();
   m_commands_per_second=settings.commands_per_second;
   m_requests_per_second=settings.requests_per_second;
   if(!CX25519::PublicKey(settings.secret,server_key) || !CBytes::Resize(m_public,m_count*32))
      return(false);
   for(int i=0; i<m_count; i++)
     {
      if(!settings.ClientKey(i,client_key) || !CX25519::SharedSecret(settings.secret,client_key,shared))
         return(false);
      if(!MacKey(shared,client_key,server_key,"command",m_command[i]) || !MacKey(shared,client_key,server_key,"sync",m_sync[i]))
         return(false);
      ArrayCopy(m_public,client_key,i*32,0,32);
      m_hex[i]=CBytes::ToHex(client_key);
      m_trades[i]=settings.Trades(i);
      m_command_tokens[i]=2.0*m_commands_per_second;
      m_sync_tokens[i]=2.0*m_requests_per_second;
      m_command_ms[i]=0;
      m_sync_ms[i]=0;
     }
   CBytes::Wipe(shared);
   return(true);
  }
//+------------------------------------------------------------------+
//| The client of a public key, or -1                              |
//+------------------------------------------------------------------+
int CClients::Find(const uchar &key[]) const
  {
   if(ArraySize(key)!=32)
      return(-1);
   for(int i=0; i<m_count; i++)
      if(CBytes::Equal(m_public,i*32,key,0,32))
         return(i);
   return(-1);
  }
//+------------------------------------------------------------------+
//| So many per second, with a burst of twice that                 |
//+------------------------------------------------------------------+
static bool CClients::Take(double &tokens,long &last_ms,const int per_second,const long now)
  {
   tokens+=(double)(now-last_ms)*per_second/1000.0;
   last_ms=now;
   if(tokens>2.0*per_second)
      tokens=2.0*per_second;
   if(tokens<1.0)
      return(false);
   tokens-=1.0;
   return(true);
  }
//+------------------------------------------------------------------+
//| Whether one request more is within the client's rate           |
//+------------------------------------------------------------------+
bool CClients::TakeRequest(const int client,const long now)
  {
   return(Take(m_sync_tokens[client],m_sync_ms[client],m_requests_per_second,now));
  }
//+------------------------------------------------------------------+
//| Whether one command more is within the client's rate           |
//+------------------------------------------------------------------+
bool CClients::TakeCommand(const int client,const long now)
  {
   return(Take(m_command_tokens[client],m_command_ms[client],m_commands_per_second,now));
  }
//+------------------------------------------------------------------+
//| SHA-256 over the client's key and an id                        |
//+------------------------------------------------------------------+
bool CClients::TagHash(const int client,const string id,uchar &digest[]) const
  {
   uchar text[];
   uchar name[];
   int   count=CUtf8::Encode(id,name);
   if(count<1 || !CBytes::Resize(text,32+count))
      return(false);
   ArrayCopy(text,m_public,0,client*32,32);
   ArrayCopy(text,name,32,0,count);
   return(CSha256::Digest(text,digest));
  }
//+------------------------------------------------------------------+
//| The tag of a command in a comment                              |
//+------------------------------------------------------------------+
string CClients::Tag(const int client,const string id) const
  {
   uchar  digest[];
   string tag="~";
   string letters="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
   if(!TagHash(client,id,digest))
      return("");
   ulong bits=CBytes::GetUint64Be(digest,0);
   for(int i=0; i<10; i++)
      tag+=StringSubstr(letters,(int)((bits>>(58-6*i))&63),1);
   return(tag);
  }
//+------------------------------------------------------------------+
//| The tag of a command as a magic number                         |
//+------------------------------------------------------------------+
ulong CClients::TagMagic(const int client,const string id) const
  {
   uchar digest[];
   if(!TagHash(client,id,digest))
      return(0);
   return(CBytes::GetUint64Be(digest,0)>>2);
  }
#endif
//+------------------------------------------------------------------+

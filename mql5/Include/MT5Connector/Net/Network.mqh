//+------------------------------------------------------------------+
//|                                                      Network.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_NET_NETWORK_MQH
#define MT5CONNECTOR_NET_NETWORK_MQH
#include <MT5Connector/Crypto/Bytes.mqh>

#define NET_INVALID 0
#define NET_WOULD_BLOCK 0
#define NET_CLOSED -1
#define NET_READABLE 1
#define NET_WRITABLE 2

//+------------------------------------------------------------------+
//| Where to listen                                                  |
//+------------------------------------------------------------------+
struct SNetEndpoint
  {
   uchar             address[4];
   int               port;
  };

//+------------------------------------------------------------------+
//| What one waits for at a handle, and what has come                |
//+------------------------------------------------------------------+
struct SNetInterest
  {
   ulong             handle;
   int               wanted;
   int               ready;
  };

//+------------------------------------------------------------------+
//| Byte streams that never block; Winsock is one way to have them   |
//+------------------------------------------------------------------+
class CNetwork
  {
public:
   virtual          ~CNetwork(void) {}
   virtual bool      Startup(void) { return(false); }
   virtual void      Shutdown(void) {}
   virtual ulong     Listen(const SNetEndpoint &endpoint,const int backlog) { return(NET_INVALID); }
   virtual int       BoundPort(const ulong listener) { return(0); }
   virtual ulong     Accept(const ulong listener) { return(NET_INVALID); }
   virtual int       Receive(const ulong handle,uchar &buffer[],const int capacity) { return(NET_CLOSED); }
   virtual int       Send(const ulong handle,uchar &buffer[],const int count) { return(NET_CLOSED); }
   virtual void      Close(const ulong handle) {}
   virtual int       Wait(SNetInterest &interests[],const int count,const int timeout_ms) { return(0); }
   virtual int       LastFault(void) const { return(0); }
   static bool       ParseAddress(const string text,SNetEndpoint &endpoint);
  };
//+------------------------------------------------------------------+
//| Reads a dotted address                                           |
//+------------------------------------------------------------------+
static bool CNetwork::ParseAddress(const string text,SNetEndpoint &endpoint)
  {
   int part=0;
   int value=-1;
   int length=StringLen(text);
   for(int i=0; i<=length; i++)
     {
      int unit='.';
      if(i<length)
         unit=(int)StringGetCharacter(text,i);
      if(unit=='.')
        {
         if(value<0 || part>3)
            return(false);
         endpoint.address[part]=(uchar)value;
         part++;
         value=-1;
         continue;
        }
      if(unit<'0' || unit>'9')
         return(false);
      if(value<0)
         value=0;
      value=value*10+unit-'0';
      if(value>255)
         return(false);
     }
   return(part==4);
  }
#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//|                                                      Winsock.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_NET_WINSOCK_MQH
#define MT5CONNECTOR_NET_WINSOCK_MQH
#include <MT5Connector/Net/Network.mqh>

//+------------------------------------------------------------------+
//| WSAPOLLFD; the padding gives it the 16 bytes that it has on 64-bit Windows|
//+------------------------------------------------------------------+
struct SPollHandle
  {
   ulong             handle;
   short             events;
   short             returned;
   int               padding;
  };

#import "ws2_32.dll"
int    WSAStartup(ushort version,uchar &data[]);
int    WSACleanup();
int    WSAGetLastError();
ulong  socket(int family,int type,int protocol);
int    bind(ulong handle,uchar &address[],int length);
int    listen(ulong handle,int backlog);
ulong  accept(ulong handle,uchar &address[],int &length);
int    recv(ulong handle,uchar &buffer[],int length,int flags);
int    send(ulong handle,uchar &buffer[],int length,int flags);
int    closesocket(ulong handle);
int    ioctlsocket(ulong handle,int command,uint &argument);
int    setsockopt(ulong handle,int level,int name,int &value,int length);
int    getsockname(ulong handle,uchar &address[],int &length);
int    WSAPoll(SPollHandle &handles[],uint count,int timeout);
#import

#define WINSOCK_VERSION 514
#define WINSOCK_DATA_BYTES 408
#define WINSOCK_AF_INET 2
#define WINSOCK_STREAM 1
#define WINSOCK_TCP 6
#define WINSOCK_NODELAY 1
#define WINSOCK_SOL_SOCKET 0xFFFF
#define WINSOCK_EXCLUSIVE -5
#define WINSOCK_FIONBIO -2147195266
#define WINSOCK_ADDRESS_BYTES 16
#define WINSOCK_WOULD_BLOCK 10035
#define WINSOCK_INTERRUPTED 10004
#define WINSOCK_POLL_READ 0x0100
#define WINSOCK_POLL_WRITE 0x0010

//+------------------------------------------------------------------+
//| ws2_32.dll, a part of Windows: MQL5's own sockets only dial out  |
//+------------------------------------------------------------------+
class CWinsock : public CNetwork
  {
private:
   bool              m_started;
   int               m_fault;
   SPollHandle       m_poll[];
   ulong             Fail(const ulong handle);
   bool              SetNonBlocking(const ulong handle);
   static ulong      InvalidSocket(void) { return(~(ulong)0); }
public:
                     CWinsock(void);
   virtual bool      Startup(void);
   virtual void      Shutdown(void);
   virtual ulong     Listen(const SNetEndpoint &endpoint,const int backlog);
   virtual int       BoundPort(const ulong listener);
   virtual ulong     Accept(const ulong listener);
   virtual int       Receive(const ulong handle,uchar &buffer[],const int capacity);
   virtual int       Send(const ulong handle,uchar &buffer[],const int count);
   virtual void      Close(const ulong handle);
   virtual int       Wait(SNetInterest &interests[],const int count,const int timeout_ms);
   virtual int       LastFault(void) const { return(m_fault); }
  };
//+------------------------------------------------------------------+
//| Not started                                                      |
//+------------------------------------------------------------------+
CWinsock::CWinsock(void)
  {
   m_started=false;
   m_fault=0;
  }
//+------------------------------------------------------------------+
//| Starts Winsock 2.2                                               |
//+------------------------------------------------------------------+
bool CWinsock::Startup(void)
  {
   uchar data[WINSOCK_DATA_BYTES];
   if(m_started)
      return(true);
   m_fault=WSAStartup((ushort)WINSOCK_VERSION,data);
   m_started=m_fault==0;
   return(m_started);
  }
//+------------------------------------------------------------------+
//| Gives Winsock back                                               |
//+------------------------------------------------------------------+
void CWinsock::Shutdown(void)
  {
   if(m_started && WSACleanup()!=0)
      m_fault=WSAGetLastError();
   m_started=false;
  }
//+------------------------------------------------------------------+
//| Remembers the fault and closes the handle if there is one        |
//+------------------------------------------------------------------+
ulong CWinsock::Fail(const ulong handle)
  {
   m_fault=WSAGetLastError();
   if(handle!=InvalidSocket())
      Close(handle);
   return(NET_INVALID);
  }
//+------------------------------------------------------------------+
//| Calls on the handle return at once from now on                   |
//+------------------------------------------------------------------+
bool CWinsock::SetNonBlocking(const ulong handle)
  {
   uint on=1;
   return(ioctlsocket(handle,WINSOCK_FIONBIO,on)==0);
  }
//+------------------------------------------------------------------+
//| Listens; nobody else may bind the same port meanwhile            |
//+------------------------------------------------------------------+
ulong CWinsock::Listen(const SNetEndpoint &endpoint,const int backlog)
  {
   uchar address[WINSOCK_ADDRESS_BYTES];
   int   on=1;
   ulong handle=socket(WINSOCK_AF_INET,WINSOCK_STREAM,WINSOCK_TCP);
   if(handle==InvalidSocket())
      return(Fail(handle));
   ArrayFill(address,0,WINSOCK_ADDRESS_BYTES,0);
   address[0]=WINSOCK_AF_INET;
   address[2]=(uchar)(endpoint.port>>8);
   address[3]=(uchar)(endpoint.port&255);
   ArrayCopy(address,endpoint.address,4,0,4);
   if(setsockopt(handle,WINSOCK_SOL_SOCKET,WINSOCK_EXCLUSIVE,on,4)!=0)
      return(Fail(handle));
   if(bind(handle,address,WINSOCK_ADDRESS_BYTES)!=0)
      return(Fail(handle));
   if(!SetNonBlocking(handle) || listen(handle,backlog)!=0)
      return(Fail(handle));
   return(handle);
  }
//+------------------------------------------------------------------+
//| The port that a listener has, for those who asked for any        |
//+------------------------------------------------------------------+
int CWinsock::BoundPort(const ulong listener)
  {
   uchar address[WINSOCK_ADDRESS_BYTES];
   int   length=WINSOCK_ADDRESS_BYTES;
   if(getsockname(listener,address,length)!=0)
      return(0);
   return((int)address[2]*256+(int)address[3]);
  }
//+------------------------------------------------------------------+
//| A waiting connection, or NET_INVALID                             |
//+------------------------------------------------------------------+
ulong CWinsock::Accept(const ulong listener)
  {
   uchar address[WINSOCK_ADDRESS_BYTES];
   int   length=WINSOCK_ADDRESS_BYTES;
   int   on=1;
   ulong handle=accept(listener,address,length);
   if(handle==InvalidSocket())
      return(NET_INVALID);
   if(!SetNonBlocking(handle) || setsockopt(handle,WINSOCK_TCP,WINSOCK_NODELAY,on,4)!=0)
      return(Fail(handle));
   return(handle);
  }
//+------------------------------------------------------------------+
//| The count of bytes, NET_WOULD_BLOCK or NET_CLOSED                |
//+------------------------------------------------------------------+
int CWinsock::Receive(const ulong handle,uchar &buffer[],const int capacity)
  {
   int count=recv(handle,buffer,capacity,0);
   if(count>0)
      return(count);
   if(count==0)
      return(NET_CLOSED);
   int fault=WSAGetLastError();
   if(fault==WINSOCK_WOULD_BLOCK || fault==WINSOCK_INTERRUPTED)
      return(NET_WOULD_BLOCK);
   m_fault=fault;
   return(NET_CLOSED);
  }
//+------------------------------------------------------------------+
//| The count of bytes taken, NET_WOULD_BLOCK or NET_CLOSED          |
//+------------------------------------------------------------------+
int CWinsock::Send(const ulong handle,uchar &buffer[],const int count)
  {
   int taken=send(handle,buffer,count,0);
   if(taken>=0)
      return(taken);
   int fault=WSAGetLastError();
   if(fault==WINSOCK_WOULD_BLOCK || fault==WINSOCK_INTERRUPTED)
      return(NET_WOULD_BLOCK);
   m_fault=fault;
   return(NET_CLOSED);
  }
//+------------------------------------------------------------------+
//| Closes a handle                                                  |
//+------------------------------------------------------------------+
void CWinsock::Close(const ulong handle)
  {
   if(handle!=NET_INVALID && closesocket(handle)!=0)
      m_fault=WSAGetLastError();
  }
//+------------------------------------------------------------------+
//| Waits until something is ready or the time is over; the count of ready handles, -1 on a fault|
//+------------------------------------------------------------------+
int CWinsock::Wait(SNetInterest &interests[],const int count,const int timeout_ms)
  {
   if(count<1)
      return(0);
   if(ArrayResize(m_poll,count,64)!=count)
      return(-1);
   for(int i=0; i<count; i++)
     {
      int events=0;
      if((interests[i].wanted&NET_READABLE)!=0)
         events|=WINSOCK_POLL_READ;
      if((interests[i].wanted&NET_WRITABLE)!=0)
         events|=WINSOCK_POLL_WRITE;
      m_poll[i].handle=interests[i].handle;
      m_poll[i].events=(short)events;
      m_poll[i].returned=0;
      m_poll[i].padding=0;
      interests[i].ready=0;
     }
   int ready=WSAPoll(m_poll,(uint)count,timeout_ms);
   if(ready<0)
     {
      m_fault=WSAGetLastError();
      return(-1);
     }
   for(int i=0; i<count && ready>0; i++)
     {
      int returned=(int)m_poll[i].returned;
      if((returned&WINSOCK_POLL_WRITE)!=0)
         interests[i].ready|=NET_WRITABLE;
      //--- a broken connection shows when it is read
      if((returned&~WINSOCK_POLL_WRITE)!=0)
         interests[i].ready|=NET_READABLE;
     }
   return(ready);
  }
#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//|                                                     Metadata.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_ZMTP_METADATA_MQH
#define MT5CONNECTOR_ZMTP_METADATA_MQH
#include <MT5Connector/Crypto/Bytes.mqh>
#include <MT5Connector/Zmtp/Limits.mqh>

//+------------------------------------------------------------------+
//| The properties that both sides send in the handshake             |
//+------------------------------------------------------------------+
class CZmtpMetadata
  {
private:
   static int        Property(const uchar &data[],const int at,string &name,int &value_at,int &value_size);
public:
   static bool       Write(const string socket_type,const bool with_identity,uchar &data[]);
   static bool       Read(const uchar &data[],string &socket_type,uchar &identity[]);
  };
//+------------------------------------------------------------------+
//| Name and value as RFC 37 lays them out                           |
//+------------------------------------------------------------------+
static bool CZmtpMetadata::Write(const string socket_type,const bool with_identity,uchar &data[])
  {
   int length=StringLen(socket_type);
   int extra=0;
   if(with_identity)
      extra=13;
   if(!CBytes::Resize(data,16+length+extra))
      return(false);
   data[0]=11;
   CBytes::PutAscii(data,1,"Socket-Type");
   CBytes::PutUint32Be(data,12,(uint)length);
   CBytes::PutAscii(data,16,socket_type);
   if(with_identity)
     {
      data[16+length]=8;
      CBytes::PutAscii(data,17+length,"Identity");
      CBytes::PutUint32Be(data,25+length,0);
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| One property; the offset behind it, or -1                        |
//+------------------------------------------------------------------+
static int CZmtpMetadata::Property(const uchar &data[],const int at,string &name,int &value_at,int &value_size)
  {
   int size=ArraySize(data);
   int length=(int)data[at];
   name="";
   if(length<1 || at+1+length+4>size)
      return(-1);
   for(int i=0; i<length; i++)
     {
      int unit=(int)data[at+1+i];
      if(unit<33 || unit>126)
         return(-1);
      //--- names are compared without regard to case
      if(unit>='A' && unit<='Z')
         unit+=32;
      name+=ShortToString((ushort)unit);
     }
   uint count=CBytes::GetUint32Be(data,at+1+length);
   value_at=at+5+length;
   if(count>(uint)(size-value_at))
      return(-1);
   value_size=(int)count;
   return(value_at+value_size);
  }
//+------------------------------------------------------------------+
//| Finds the socket's type and its identity                         |
//+------------------------------------------------------------------+
static bool CZmtpMetadata::Read(const uchar &data[],string &socket_type,uchar &identity[])
  {
   int    at=0;
   int    value_at=0;
   int    value_size=0;
   string name;
   socket_type="";
   if(!CBytes::Resize(identity,0))
      return(false);
   while(at<ArraySize(data))
     {
      at=Property(data,at,name,value_at,value_size);
      if(at<0)
         return(false);
      if(name=="socket-type")
        {
         socket_type="";
         for(int i=0; i<value_size; i++)
            socket_type+=ShortToString((ushort)((int)data[value_at+i]&127));
        }
      if(name=="identity")
        {
         if(value_size>ZMTP_IDENTITY_MAX || !CBytes::Resize(identity,value_size))
            return(false);
         ArrayCopy(identity,data,0,value_at,value_size);
        }
     }
   return(socket_type!="");
  }
#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//|                                                       Base64.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_CRYPTO_BASE64_MQH
#define MT5CONNECTOR_CRYPTO_BASE64_MQH
#include <MT5Connector/Crypto/Bytes.mqh>

#define BASE64_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

//+------------------------------------------------------------------+
//| Base64 (RFC 4648, section 4), with padding                       |
//+------------------------------------------------------------------+
class CBase64
  {
public:
   static string     Encode(const uchar &data[]);
   static bool       Decode(const string text,uchar &data[]);
  };
//+------------------------------------------------------------------+
//| Text of the bytes                                                |
//+------------------------------------------------------------------+
static string CBase64::Encode(const uchar &data[])
  {
   string text="";
   int    count=ArraySize(data);
   for(int i=0; i<count; i+=3)
     {
      int value=(int)data[i]<<16;
      if(i+1<count)
         value|=(int)data[i+1]<<8;
      if(i+2<count)
         value|=(int)data[i+2];
      text+=StringSubstr(BASE64_DIGITS,(value>>18)&63,1)+StringSubstr(BASE64_DIGITS,(value>>12)&63,1);
      if(i+1<count)
         text+=StringSubstr(BASE64_DIGITS,(value>>6)&63,1);
      else
         text+="=";
      if(i+2<count)
         text+=StringSubstr(BASE64_DIGITS,value&63,1);
      else
         text+="=";
     }
   return(text);
  }
//+------------------------------------------------------------------+
//| Bytes of the text; false unless it is exactly what Encode writes |
//+------------------------------------------------------------------+
static bool CBase64::Decode(const string text,uchar &data[])
  {
   int length=StringLen(text);
   int padding=0;
   if(length%4!=0)
      return(false);
   if(length>0 && StringSubstr(text,length-1,1)=="=")
      padding=1;
   if(length>1 && StringSubstr(text,length-2,2)=="==")
      padding=2;
   if(!CBytes::Resize(data,length/4*3-padding))
      return(false);
   int at=0;
   for(int i=0; i<length; i+=4)
     {
      int value=0;
      for(int k=0; k<4; k++)
        {
         int digit=0;
         if(i+k<length-padding)
            digit=StringFind(BASE64_DIGITS,StringSubstr(text,i+k,1));
         if(digit<0)
            return(false);
         value=value*64+digit;
        }
      for(int k=0; k<3 && at<ArraySize(data); k++)
        {
         data[at]=(uchar)((value>>(16-8*k))&255);
         at++;
        }
     }
   return(Encode(data)==text);
  }
#endif
//+------------------------------------------------------------------+

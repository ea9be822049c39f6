//+------------------------------------------------------------------+
//|                                                         Utf8.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_JSON_UTF8_MQH
#define MT5CONNECTOR_JSON_UTF8_MQH
#include <MT5Connector/Crypto/Bytes.mqh>

//+------------------------------------------------------------------+
//| UTF-8 in and out of MQL5's strings; nothing else calls the terminal's converters|
//+------------------------------------------------------------------+
class CUtf8
  {
public:
   static bool       Valid(const uchar &data[],const int at,const int count);
   static bool       Decode(const uchar &data[],const int at,const int count,string &text);
   static int        Encode(const string text,uchar &data[]);
  };
//+------------------------------------------------------------------+
//| Well-formed by RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF|
//+------------------------------------------------------------------+
static bool CUtf8::Valid(const uchar &data[],const int at,const int count)
  {
   int i=at;
   int end=at+count;
   while(i<end)
     {
      int first=(int)data[i];
      int more=-1;
      int low=0x80;
      int high=0xBF;
      if(first<0x80)
         more=0;
      else
         if(first>=0xC2 && first<=0xDF)
            more=1;
         else
            if(first>=0xE0 && first<=0xEF)
               more=2;
            else
               if(first>=0xF0 && first<=0xF4)
                  more=3;
      if(first==0xE0)
         low=0xA0;
      if(first==0xED)
         high=0x9F;
      if(first==0xF0)
         low=0x90;
      if(first==0xF4)
         high=0x8F;
      if(more<0 || i+more>=end)
         return(false);
      for(int k=1; k<=more; k++)
        {
         int next=(int)data[i+k];
         if(next<low || next>high)
            return(false);
         low=0x80;
         high=0xBF;
        }
      i+=more+1;
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| Text of valid bytes without zeros, at which the terminal's converter would stop|
//+------------------------------------------------------------------+
static bool CUtf8::Decode(const uchar &data[],const int at,const int count,string &text)
  {
   uchar part[];
   text="";
   if(count==0)
      return(true);
   if(!Valid(data,at,count) || !CBytes::Resize(part,count))
      return(false);
   ArrayCopy(part,data,0,at,count);
   for(int i=0; i<count; i++)
      if((int)part[i]==0)
         return(false);
   text=CharArrayToString(part,0,count,CP_UTF8);
   return(true);
  }
//+------------------------------------------------------------------+
//| Bytes of a text without the terminating zero; their count, or -1 |
//+------------------------------------------------------------------+
static int CUtf8::Encode(const string text,uchar &data[])
  {
   if(StringLen(text)==0)
     {
      if(!CBytes::Resize(data,0))
         return(-1);
      return(0);
     }
   if(!CBytes::Resize(data,0))
      return(-1);
   int count=StringToCharArray(text,data,0,-1,CP_UTF8)-1;
   if(count<0 || !CBytes::Resize(data,count))
      return(-1);
   return(count);
  }
#endif
//+------------------------------------------------------------------+

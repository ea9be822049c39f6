//+------------------------------------------------------------------+
//|                                                       Number.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_JSON_NUMBER_MQH
#define MT5CONNECTOR_JSON_NUMBER_MQH
#include <MT5Connector/Json/Utf8.mqh>

#define NUMBER_LENGTH_MAX 64

//+------------------------------------------------------------------+
//| Numbers as text, exactly                                         |
//+------------------------------------------------------------------+
class CNumber
  {
public:
   static bool       ParseDouble(const uchar &data[],const int at,const int count,double &value);
   static bool       ParseUlong(const uchar &data[],const int at,const int count,ulong &value);
   static bool       ParseLong(const uchar &data[],const int at,const int count,long &value);
   static bool       DoubleText(const double value,string &text);
   static bool       SameDouble(const double a,const double b);
  };
//+------------------------------------------------------------------+
//| A number of JSON's grammar that has been checked already; false if it is too large|
//+------------------------------------------------------------------+
static bool CNumber::ParseDouble(const uchar &data[],const int at,const int count,double &value)
  {
   string text;
   value=0.0;
   if(count<1 || count>NUMBER_LENGTH_MAX || !CUtf8::Decode(data,at,count,text))
      return(false);
   value=StringToDouble(text);
   return(MathIsValidNumber(value));
  }
//+------------------------------------------------------------------+
//| Decimal digits without a leading zero, up to 2^64-1              |
//+------------------------------------------------------------------+
static bool CNumber::ParseUlong(const uchar &data[],const int at,const int count,ulong &value)
  {
   ulong limit=~(ulong)0;
   value=0;
   if(count<1 || count>20 || (count>1 && (int)data[at]=='0'))
      return(false);
   for(int i=0; i<count; i++)
     {
      int digit=(int)data[at+i]-'0';
      if(digit<0 || digit>9)
         return(false);
      if(value>(limit-(ulong)digit)/10)
         return(false);
      value=value*10+(ulong)digit;
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| Decimal digits, perhaps behind a minus sign                      |
//+------------------------------------------------------------------+
static bool CNumber::ParseLong(const uchar &data[],const int at,const int count,long &value)
  {
   ulong digits=0;
   ulong limit=(ulong)1<<63;
   bool  negative=count>0 && (int)data[at]=='-';
   value=0;
   if(negative)
     {
      if(!ParseUlong(data,at+1,count-1,digits) || digits>limit || digits==0)
         return(false);
      value=(long)(~digits+1);
      return(true);
     }
   if(!ParseUlong(data,at,count,digits) || digits>=limit)
      return(false);
   value=(long)digits;
   return(true);
  }
//+------------------------------------------------------------------+
//| The same number; the compiler of the test host warns of == between doubles|
//+------------------------------------------------------------------+
static bool CNumber::SameDouble(const double a,const double b)
  {
   return(!(a<b) && !(a>b));
  }
//+------------------------------------------------------------------+
//| The shortest of three forms that reads back as the same number; false if it is not finite|
//+------------------------------------------------------------------+
static bool CNumber::DoubleText(const double value,string &text)
  {
   text="";
   if(!MathIsValidNumber(value))
      return(false);
   text=StringFormat("%.15g",value);
   if(SameDouble(StringToDouble(text),value))
      return(true);
   text=StringFormat("%.16g",value);
   if(SameDouble(StringToDouble(text),value))
      return(true);
   text=StringFormat("%.17g",value);
   return(true);
  }
#endif
//+------------------------------------------------------------------+

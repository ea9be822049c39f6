//+------------------------------------------------------------------+
//|                                                          Z85.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_CRYPTO_Z85_MQH
#define MT5CONNECTOR_CRYPTO_Z85_MQH
#include <MT5Connector/Crypto/Bytes.mqh>

#define Z85_DIGITS "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define Z85_SIGNS ".-:+=^!/"
#define Z85_MORE_SIGNS "*?&<>()[]{}@%$#"

//+------------------------------------------------------------------+
//| Z85 (ZeroMQ RFC 32), the text form of CURVE keys                 |
//+------------------------------------------------------------------+
class CZ85
  {
private:
   static string     Alphabet(void);
public:
   static bool       Decode(const string text,uchar &data[]);
   static bool       Encode(const uchar &data[],string &text);
  };
//+------------------------------------------------------------------+
//| The digits in order; in one piece they would hold the sign that opens a comment|
//+------------------------------------------------------------------+
static string CZ85::Alphabet(void)
  {
   return(Z85_DIGITS+Z85_SIGNS+Z85_MORE_SIGNS);
  }
//+------------------------------------------------------------------+
//| Bytes of a text whose length is a multiple of five               |
//+------------------------------------------------------------------+
static bool CZ85::Decode(const string text,uchar &data[])
  {
   int    length=StringLen(text);
   string digits=Alphabet();
   if(length%5!=0 || !CBytes::Resize(data,length/5*4))
      return(false);
   for(int i=0; i<length; i+=5)
     {
      ulong value=0;
      for(int k=0; k<5; k++)
        {
         int digit=StringFind(digits,StringSubstr(text,i+k,1));
         if(digit<0)
            return(false);
         value=value*85+(ulong)digit;
        }
      if((value>>32)!=0)
         return(false);
      CBytes::PutUint32Be(data,i/5*4,(uint)value);
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| Text of bytes whose count is a multiple of four                  |
//+------------------------------------------------------------------+
static bool CZ85::Encode(const uchar &data[],string &text)
  {
   int    count=ArraySize(data);
   string digits=Alphabet();
   text="";
   if(count%4!=0)
      return(false);
   for(int i=0; i<count; i+=4)
     {
      uint   value=CBytes::GetUint32Be(data,i);
      string part="";
      for(int k=0; k<5; k++)
        {
         part=StringSubstr(digits,(int)(value%85),1)+part;
         value/=85;
        }
      text+=part;
     }
   return(true);
  }
#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//|                                                        Bytes.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_CRYPTO_BYTES_MQH
#define MT5CONNECTOR_CRYPTO_BYTES_MQH
//+------------------------------------------------------------------+
//| Reading, writing and comparing bytes                             |
//+------------------------------------------------------------------+
class CBytes
  {
public:
   static bool       Resize(uchar &data[],const int size);
   static int        Append(uchar &data[],const uchar &more[]);
   static uint       GetUint32Le(const uchar &data[],const int at);
   static void       PutUint32Le(uchar &data[],const int at,const uint value);
   static uint       GetUint32Be(const uchar &data[],const int at);
   static void       PutUint32Be(uchar &data[],const int at,const uint value);
   static ulong      GetUint64Be(const uchar &data[],const int at);
   static void       PutUint64Be(uchar &data[],const int at,const ulong value);
   static bool       Equal(const uchar &a[],const int a_at,const uchar &b[],const int b_at,const int count);
   static bool       IsZero(const uchar &data[],const int at,const int count);
   static void       Wipe(uchar &data[]);
   static void       PutAscii(uchar &data[],const int at,const string text);
   static bool       FromHex(const string text,uchar &data[]);
   static string     ToHex(const uchar &data[]);
  };
//+------------------------------------------------------------------+
//| Sets the size and says whether there was memory for it           |
//+------------------------------------------------------------------+
static bool CBytes::Resize(uchar &data[],const int size)
  {
   return(ArrayResize(data,size)==size);
  }
//+------------------------------------------------------------------+
//| Puts bytes behind others; the new size, or -1 without memory     |
//+------------------------------------------------------------------+
static int CBytes::Append(uchar &data[],const uchar &more[])
  {
   int size=ArraySize(data);
   int count=ArraySize(more);
   if(!Resize(data,size+count))
      return(-1);
   ArrayCopy(data,more,size,0,count);
   return(size+count);
  }
//+------------------------------------------------------------------+
//| 32 bits, little end first                                        |
//+------------------------------------------------------------------+
static uint CBytes::GetUint32Le(const uchar &data[],const int at)
  {
   return((uint)data[at]|((uint)data[at+1]<<8)|((uint)data[at+2]<<16)|((uint)data[at+3]<<24));
  }
//+------------------------------------------------------------------+
//| 32 bits, little end first                                        |
//+------------------------------------------------------------------+
static void CBytes::PutUint32Le(uchar &data[],const int at,const uint value)
  {
   data[at]=(uchar)(value&255);
   data[at+1]=(uchar)((value>>8)&255);
   data[at+2]=(uchar)((value>>16)&255);
   data[at+3]=(uchar)(value>>24);
  }
//+------------------------------------------------------------------+
//| 32 bits, big end first                                           |
//+------------------------------------------------------------------+
static uint CBytes::GetUint32Be(const uchar &data[],const int at)
  {
   return(((uint)data[at]<<24)|((uint)data[at+1]<<16)|((uint)data[at+2]<<8)|(uint)data[at+3]);
  }
//+------------------------------------------------------------------+
//| 32 bits, big end first                                           |
//+------------------------------------------------------------------+
static void CBytes::PutUint32Be(uchar &data[],const int at,const uint value)
  {
   data[at]=(uchar)(value>>24);
   data[at+1]=(uchar)((value>>16)&255);
   data[at+2]=(uchar)((value>>8)&255);
   data[at+3]=(uchar)(value&255);
  }
//+------------------------------------------------------------------+
//| 64 bits, big end first                                           |
//+------------------------------------------------------------------+
static ulong CBytes::GetUint64Be(const uchar &data[],const int at)
  {
   return(((ulong)GetUint32Be(data,at)<<32)|(ulong)GetUint32Be(data,at+4));
  }
//+------------------------------------------------------------------+
//| 64 bits, big end first                                           |
//+------------------------------------------------------------------+
static void CBytes::PutUint64Be(uchar &data[],const int at,const ulong value)
  {
   PutUint32Be(data,at,(uint)(value>>32));
   PutUint32Be(data,at+4,(uint)value);
  }
//+------------------------------------------------------------------+
//| Compares without a branch on the contents                        |
//+------------------------------------------------------------------+
static bool CBytes::Equal(const uchar &a[],const int a_at,const uchar &b[],const int b_at,const int count)
  {
   uint difference=0;
   for(int i=0; i<count; i++)
      difference|=(uint)a[a_at+i]^(uint)b[b_at+i];
   return(difference==0);
  }
//+------------------------------------------------------------------+
//| Tells, without a branch on the contents, whether all bytes are zero|
//+------------------------------------------------------------------+
static bool CBytes::IsZero(const uchar &data[],const int at,const int count)
  {
   uint sum=0;
   for(int i=0; i<count; i++)
      sum|=(uint)data[at+i];
   return(sum==0);
  }
//+------------------------------------------------------------------+
//| Overwrites a secret                                              |
//+------------------------------------------------------------------+
static void CBytes::Wipe(uchar &data[])
  {
   ArrayFill(data,0,ArraySize(data),0);
  }
//+------------------------------------------------------------------+
//| Writes ASCII text without a terminating zero                     |
//+------------------------------------------------------------------+
static void CBytes::PutAscii(uchar &data[],const int at,const string text)
  {
   int length=StringLen(text);
   for(int i=0; i<length; i++)
      data[at+i]=(uchar)StringGetCharacter(text,i);
  }
//+------------------------------------------------------------------+
//| Reads hexadecimal digits; false if there is anything else        |
//+------------------------------------------------------------------+
static bool CBytes::FromHex(const string text,uchar &data[])
  {
   int length=StringLen(text);
   if(length%2!=0 || !Resize(data,length/2))
      return(false);
   for(int i=0; i<length; i++)
     {
      int digit=(int)StringGetCharacter(text,i);
      int value=-1;
      if(digit>='0' && digit<='9')
         value=digit-'0';
      if(digit>='a' && digit<='f')
         value=digit-'a'+10;
      if(digit>='A' && digit<='F')
         value=digit-'A'+10;
      if(value<0)
         return(false);
      if(i%2==0)
         data[i/2]=(uchar)(value*16);
      else
         data[i/2]=(uchar)((int)data[i/2]+value);
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| Hexadecimal digits in lower case                                 |
//+------------------------------------------------------------------+
static string CBytes::ToHex(const uchar &data[])
  {
   string text="";
   int count=ArraySize(data);
   for(int i=0; i<count; i++)
      text+=StringFormat("%02x",(int)data[i]);
   return(text);
  }
#endif
//+------------------------------------------------------------------+

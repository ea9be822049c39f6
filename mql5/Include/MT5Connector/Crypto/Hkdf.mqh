//+------------------------------------------------------------------+
//|                                                         Hkdf.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_CRYPTO_HKDF_MQH
#define MT5CONNECTOR_CRYPTO_HKDF_MQH
#include <MT5Connector/Crypto/Hmac.mqh>

//+------------------------------------------------------------------+
//| HKDF-SHA256 (RFC 5869)                                           |
//+------------------------------------------------------------------+
class CHkdf
  {
public:
   static bool       Derive(const uchar &secret[],const uchar &salt[],const uchar &info[],const int length,uchar &key[]);
  };
//+------------------------------------------------------------------+
//| Extract and expand; no salt counts as 32 zero bytes              |
//+------------------------------------------------------------------+
static bool CHkdf::Derive(const uchar &secret[],const uchar &salt[],const uchar &info[],const int length,uchar &key[])
  {
   CHmac hmac;
   uchar pseudo_random[];
   uchar block[];
   uchar text[];
   int   done=0;
   int   info_size=ArraySize(info);
   if(length<1 || length>255*SHA256_BYTES || !CBytes::Resize(key,length))
      return(false);
   if(!hmac.SetKey(salt) || !hmac.Mac(secret,pseudo_random) || !hmac.SetKey(pseudo_random))
      return(false);
   for(int step=1; done<length; step++)
     {
      int before=ArraySize(block);
      if(!CBytes::Resize(text,before+info_size+1))
         return(false);
      ArrayCopy(text,block,0,0,before);
      ArrayCopy(text,info,before,0,info_size);
      text[before+info_size]=(uchar)step;
      if(!hmac.Mac(text,block))
         return(false);
      int count=length-done;
      if(count>SHA256_BYTES)
         count=SHA256_BYTES;
      ArrayCopy(key,block,done,0,count);
      done+=count;
     }
   return(true);
  }
#endif
//+------------------------------------------------------------------+

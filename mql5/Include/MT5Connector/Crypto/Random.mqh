//+------------------------------------------------------------------+
//|                                                       Random.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_CRYPTO_RANDOM_MQH
#define MT5CONNECTOR_CRYPTO_RANDOM_MQH
#include <MT5Connector/Crypto/Bytes.mqh>

#import "bcrypt.dll"
int    BCryptGenRandom(ulong algorithm,uchar &buffer[],uint size,uint flags);
#import

#define RANDOM_SYSTEM_PREFERRED 2

//+------------------------------------------------------------------+
//| Secure randomness; MQL5's own generator has 15 bits              |
//+------------------------------------------------------------------+
class CRandom
  {
public:
   static bool       Fill(uchar &buffer[],const int size);
  };
//+------------------------------------------------------------------+
//| Makes the buffer that long and fills it; false if the system refused|
//+------------------------------------------------------------------+
static bool CRandom::Fill(uchar &buffer[],const int size)
  {
   if(!CBytes::Resize(buffer,size))
      return(false);
   return(BCryptGenRandom(0,buffer,(uint)size,RANDOM_SYSTEM_PREFERRED)==0);
  }
#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//|                                                       Sha256.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_CRYPTO_SHA256_MQH
#define MT5CONNECTOR_CRYPTO_SHA256_MQH
#include <MT5Connector/Crypto/Bytes.mqh>

#define SHA256_BYTES 32
#define SHA256_BLOCK 64

//+------------------------------------------------------------------+
//| SHA-256 (FIPS 180-4); the terminal computes it                   |
//+------------------------------------------------------------------+
class CSha256
  {
public:
   static bool       Digest(const uchar &data[],uchar &digest[]);
  };
//+------------------------------------------------------------------+
//| The hash of at least one byte; of none it is not documented      |
//+------------------------------------------------------------------+
static bool CSha256::Digest(const uchar &data[],uchar &digest[])
  {
   uchar unused[];
   if(ArraySize(data)==0)
      return(false);
   return(CryptEncode(CRYPT_HASH_SHA256,data,unused,digest)==SHA256_BYTES);
  }
#endif
//+------------------------------------------------------------------+

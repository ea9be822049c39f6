//+------------------------------------------------------------------+
//|                                                         Hmac.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_CRYPTO_HMAC_MQH
#define MT5CONNECTOR_CRYPTO_HMAC_MQH
#include <MT5Connector/Crypto/Sha256.mqh>

//+------------------------------------------------------------------+
//| HMAC-SHA256 (RFC 2104)                                           |
//+------------------------------------------------------------------+
class CHmac
  {
private:
   uchar             m_inner[SHA256_BLOCK];
   uchar             m_outer[SHA256_BLOCK];
public:
   bool              SetKey(const uchar &key[]);
   bool              Mac(const uchar &data[],uchar &mac[]) const;
   bool              Verify(const uchar &data[],const uchar &mac[]) const;
  };
//+------------------------------------------------------------------+
//| Prepares both padded keys                                        |
//+------------------------------------------------------------------+
bool CHmac::SetKey(const uchar &key[])
  {
   uchar block[SHA256_BLOCK];
   uchar digest[];
   ArrayFill(block,0,SHA256_BLOCK,0);
   if(ArraySize(key)>SHA256_BLOCK)
     {
      if(!CSha256::Digest(key,digest))
         return(false);
      ArrayCopy(block,digest,0,0,SHA256_BYTES);
     }
   else
      ArrayCopy(block,key,0,0,ArraySize(key));
   for(int i=0; i<SHA256_BLOCK; i++)
     {
      m_inner[i]=(uchar)((int)block[i]^0x36);
      m_outer[i]=(uchar)((int)block[i]^0x5C);
     }
   CBytes::Wipe(block);
   return(true);
  }
//+------------------------------------------------------------------+
//| The MAC of the data; the data may be empty                       |
//+------------------------------------------------------------------+
bool CHmac::Mac(const uchar &data[],uchar &mac[]) const
  {
   uchar text[];
   uchar digest[];
   int   size=ArraySize(data);
   if(!CBytes::Resize(text,SHA256_BLOCK+size))
      return(false);
   ArrayCopy(text,m_inner,0,0,SHA256_BLOCK);
   ArrayCopy(text,data,SHA256_BLOCK,0,size);
   if(!CSha256::Digest(text,digest) || !CBytes::Resize(text,SHA256_BLOCK+SHA256_BYTES))
      return(false);
   ArrayCopy(text,m_outer,0,0,SHA256_BLOCK);
   ArrayCopy(text,digest,SHA256_BLOCK,0,SHA256_BYTES);
   return(CSha256::Digest(text,mac));
  }
//+------------------------------------------------------------------+
//| Compares a MAC that came with the data                           |
//+------------------------------------------------------------------+
bool CHmac::Verify(const uchar &data[],const uchar &mac[]) const
  {
   uchar own[];
   if(ArraySize(mac)!=SHA256_BYTES || !Mac(data,own))
      return(false);
   return(CBytes::Equal(own,0,mac,0,SHA256_BYTES));
  }
#endif
//+------------------------------------------------------------------+

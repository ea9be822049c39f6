//+------------------------------------------------------------------+
//|                                                       X25519.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_CRYPTO_X25519_MQH
#define MT5CONNECTOR_CRYPTO_X25519_MQH
#include <MT5Connector/Crypto/Bytes.mqh>
#include <MT5Connector/Crypto/Field25519.mqh>
#include <MT5Connector/Crypto/Random.mqh>

#define X25519_BYTES 32

//+------------------------------------------------------------------+
//| X25519 (RFC 7748)                                                |
//+------------------------------------------------------------------+
class CX25519
  {
public:
   static bool       SharedSecret(const uchar &secret_key[],const uchar &public_key[],uchar &shared[]);
   static bool       PublicKey(const uchar &secret_key[],uchar &public_key[]);
   static bool       Generate(uchar &secret_key[],uchar &public_key[]);
  };
//+------------------------------------------------------------------+
//| The raw shared point; false for a public key of low order        |
//+------------------------------------------------------------------+
static bool CX25519::SharedSecret(const uchar &secret_key[],const uchar &public_key[],uchar &shared[])
  {
   uchar scalar[X25519_BYTES];
   long  x1[10];
   long  x2[10];
   long  z2[10];
   long  x3[10];
   long  z3[10];
   long  a[10];
   long  aa[10];
   long  b[10];
   long  bb[10];
   long  e[10];
   long  da[10];
   long  cb[10];
   int   swap=0;
   if(ArraySize(secret_key)!=X25519_BYTES || ArraySize(public_key)!=X25519_BYTES)
      return(false);
   if(!CBytes::Resize(shared,X25519_BYTES))
      return(false);
   ArrayCopy(scalar,secret_key,0,0,X25519_BYTES);
   scalar[0]=(uchar)((int)scalar[0]&248);
   scalar[31]=(uchar)(((int)scalar[31]&127)|64);
   CField25519::FromBytes(x1,public_key);
   CField25519::SetSmall(x2,1);
   CField25519::SetSmall(z2,0);
   CField25519::Copy(x3,x1);
   CField25519::SetSmall(z3,1);
//--- the ladder of section 5, with its letters
   for(int t=254; t>=0; t--)
     {
      int bit=((int)scalar[t/8]>>(t%8))&1;
      swap^=bit;
      CField25519::Swap(x2,x3,swap);
      CField25519::Swap(z2,z3,swap);
      swap=bit;
      CField25519::Add(a,x2,z2);
      CField25519::Square(aa,a);
      CField25519::Subtract(b,x2,z2);
      CField25519::Square(bb,b);
      CField25519::Subtract(e,aa,bb);
      CField25519::Subtract(da,x3,z3);
      CField25519::Multiply(da,da,a);
      CField25519::Add(cb,x3,z3);
      CField25519::Multiply(cb,cb,b);
      CField25519::Add(x3,da,cb);
      CField25519::Square(x3,x3);
      CField25519::Subtract(z3,da,cb);
      CField25519::Square(z3,z3);
      CField25519::Multiply(z3,z3,x1);
      CField25519::Multiply(x2,aa,bb);
      CField25519::MultiplySmall(z2,e,121665);
      CField25519::Add(z2,z2,aa);
      CField25519::Multiply(z2,z2,e);
     }
   CField25519::Swap(x2,x3,swap);
   CField25519::Swap(z2,z3,swap);
   CField25519::Invert(z2,z2);
   CField25519::Multiply(x2,x2,z2);
   CField25519::ToBytes(shared,x2);
   CBytes::Wipe(scalar);
   return(!CBytes::IsZero(shared,0,X25519_BYTES));
  }
//+------------------------------------------------------------------+
//| The public key of a secret key                                   |
//+------------------------------------------------------------------+
static bool CX25519::PublicKey(const uchar &secret_key[],uchar &public_key[])
  {
   uchar base[X25519_BYTES];
   ArrayFill(base,0,X25519_BYTES,0);
   base[0]=9;
   return(SharedSecret(secret_key,base,public_key));
  }
//+------------------------------------------------------------------+
//| A fresh pair                                                     |
//+------------------------------------------------------------------+
static bool CX25519::Generate(uchar &secret_key[],uchar &public_key[])
  {
   return(CRandom::Fill(secret_key,X25519_BYTES) && PublicKey(secret_key,public_key));
  }
#endif
//+------------------------------------------------------------------+

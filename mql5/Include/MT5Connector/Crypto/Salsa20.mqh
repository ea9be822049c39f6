//+------------------------------------------------------------------+
//|                                                      Salsa20.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_CRYPTO_SALSA20_MQH
#define MT5CONNECTOR_CRYPTO_SALSA20_MQH
#include <MT5Connector/Crypto/Bytes.mqh>

//+------------------------------------------------------------------+
//| Salsa20 and HSalsa20                                             |
//+------------------------------------------------------------------+
class CSalsa20
  {
private:
   uint              m_key[8];
   uint              m_stream[16];
   static void       Rounds(uint &x[]);
public:
   void              SetKey(const uchar &key[],const uchar &nonce[],const int nonce_at);
   void              Block(const uint nonce0,const uint nonce1,const ulong counter);
   uint              Word(const int index) const { return(m_stream[index]); }
   static void       HSalsa20(const uchar &key[],const uchar &nonce[],const int nonce_at,uint &out[]);
  };
//+------------------------------------------------------------------+
//| Twenty rounds                                                    |
//+------------------------------------------------------------------+
static void CSalsa20::Rounds(uint &x[])
  {
   uint x0=x[0];
   uint x1=x[1];
   uint x2=x[2];
   uint x3=x[3];
   uint x4=x[4];
   uint x5=x[5];
   uint x6=x[6];
   uint x7=x[7];
   uint x8=x[8];
   uint x9=x[9];
   uint x10=x[10];
   uint x11=x[11];
   uint x12=x[12];
   uint x13=x[13];
   uint x14=x[14];
   uint x15=x[15];
   uint t;
   for(int i=0; i<10; i++)
     {
      t=x0+x12;
      x4^=(t<<7)|(t>>25);
      t=x4+x0;
      x8^=(t<<9)|(t>>23);
      t=x8+x4;
      x12^=(t<<13)|(t>>19);
      t=x12+x8;
      x0^=(t<<18)|(t>>14);
      t=x5+x1;
      x9^=(t<<7)|(t>>25);
      t=x9+x5;
      x13^=(t<<9)|(t>>23);
      t=x13+x9;
      x1^=(t<<13)|(t>>19);
      t=x1+x13;
      x5^=(t<<18)|(t>>14);
      t=x10+x6;
      x14^=(t<<7)|(t>>25);
      t=x14+x10;
      x2^=(t<<9)|(t>>23);
      t=x2+x14;
      x6^=(t<<13)|(t>>19);
      t=x6+x2;
      x10^=(t<<18)|(t>>14);
      t=x15+x11;
      x3^=(t<<7)|(t>>25);
      t=x3+x15;
      x7^=(t<<9)|(t>>23);
      t=x7+x3;
      x11^=(t<<13)|(t>>19);
      t=x11+x7;
      x15^=(t<<18)|(t>>14);
      t=x0+x3;
      x1^=(t<<7)|(t>>25);
      t=x1+x0;
      x2^=(t<<9)|(t>>23);
      t=x2+x1;
      x3^=(t<<13)|(t>>19);
      t=x3+x2;
      x0^=(t<<18)|(t>>14);
      t=x5+x4;
      x6^=(t<<7)|(t>>25);
      t=x6+x5;
      x7^=(t<<9)|(t>>23);
      t=x7+x6;
      x4^=(t<<13)|(t>>19);
      t=x4+x7;
      x5^=(t<<18)|(t>>14);
      t=x10+x9;
      x11^=(t<<7)|(t>>25);
      t=x11+x10;
      x8^=(t<<9)|(t>>23);
      t=x8+x11;
      x9^=(t<<13)|(t>>19);
      t=x9+x8;
      x10^=(t<<18)|(t>>14);
      t=x15+x14;
      x12^=(t<<7)|(t>>25);
      t=x12+x15;
      x13^=(t<<9)|(t>>23);
      t=x13+x12;
      x14^=(t<<13)|(t>>19);
      t=x14+x13;
      x15^=(t<<18)|(t>>14);
     }
   x[0]=x0;
   x[1]=x1;
   x[2]=x2;
   x[3]=x3;
   x[4]=x4;
   x[5]=x5;
   x[6]=x6;
   x[7]=x7;
   x[8]=x8;
   x[9]=x9;
   x[10]=x10;
   x[11]=x11;
   x[12]=x12;
   x[13]=x13;
   x[14]=x14;
   x[15]=x15;
  }
//+------------------------------------------------------------------+
//| HSalsa20 of a key and 16 bytes of nonce                          |
//+------------------------------------------------------------------+
static void CSalsa20::HSalsa20(const uchar &key[],const uchar &nonce[],const int nonce_at,uint &out[])
  {
   uint x[16];
   x[0]=0x61707865;
   x[5]=0x3320646E;
   x[10]=0x79622D32;
   x[15]=0x6B206574;
   for(int i=0; i<4; i++)
     {
      x[1+i]=CBytes::GetUint32Le(key,4*i);
      x[11+i]=CBytes::GetUint32Le(key,16+4*i);
      x[6+i]=CBytes::GetUint32Le(nonce,nonce_at+4*i);
     }
   Rounds(x);
   out[0]=x[0];
   out[1]=x[5];
   out[2]=x[10];
   out[3]=x[15];
   for(int i=0; i<4; i++)
      out[4+i]=x[6+i];
  }
//+------------------------------------------------------------------+
//| XSalsa20: the stream's key comes from the key and the first 16 bytes of the nonce|
//+------------------------------------------------------------------+
void CSalsa20::SetKey(const uchar &key[],const uchar &nonce[],const int nonce_at)
  {
   HSalsa20(key,nonce,nonce_at,m_key);
  }
//+------------------------------------------------------------------+
//| Makes the 64 bytes of one block; read them with Word             |
//+------------------------------------------------------------------+
void CSalsa20::Block(const uint nonce0,const uint nonce1,const ulong counter)
  {
   uint x[16];
   x[0]=0x61707865;
   x[5]=0x3320646E;
   x[10]=0x79622D32;
   x[15]=0x6B206574;
   for(int i=0; i<4; i++)
     {
      x[1+i]=m_key[i];
      x[11+i]=m_key[4+i];
     }
   x[6]=nonce0;
   x[7]=nonce1;
   x[8]=(uint)counter;
   x[9]=(uint)(counter>>32);
   ArrayCopy(m_stream,x,0,0,16);
   Rounds(x);
   for(int i=0; i<16; i++)
      m_stream[i]+=x[i];
  }
#endif
//+------------------------------------------------------------------+

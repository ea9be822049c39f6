//+------------------------------------------------------------------+
//|                                                     Poly1305.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_CRYPTO_POLY1305_MQH
#define MT5CONNECTOR_CRYPTO_POLY1305_MQH
#include <MT5Connector/Crypto/Bytes.mqh>

#define POLY1305_BYTES 16

//+------------------------------------------------------------------+
//| Poly1305 (RFC 8439, section 2.5) in five limbs of 26 bits        |
//+------------------------------------------------------------------+
class CPoly1305
  {
public:
   static void       Tag(const uint &key[],const uchar &data[],const int at,const int count,uchar &tag[],const int tag_at);
  };
//+------------------------------------------------------------------+
//| The tag under a one-time key of eight words                      |
//+------------------------------------------------------------------+
static void CPoly1305::Tag(const uint &key[],const uchar &data[],const int at,const int count,uchar &tag[],const int tag_at)
  {
   ulong r0=key[0]&0x3FFFFFF;
   ulong r1=((key[0]>>26)|(key[1]<<6))&0x3FFFF03;
   ulong r2=((key[1]>>20)|(key[2]<<12))&0x3FFC0FF;
   ulong r3=((key[2]>>14)|(key[3]<<18))&0x3F03FFF;
   ulong r4=(key[3]>>8)&0x00FFFFF;
   ulong s1=r1*5;
   ulong s2=r2*5;
   ulong s3=r3*5;
   ulong s4=r4*5;
   ulong h0=0;
   ulong h1=0;
   ulong h2=0;
   ulong h3=0;
   ulong h4=0;
   uchar last[16];
   int   done=0;
   while(done<count)
     {
      uint  t0;
      uint  t1;
      uint  t2;
      uint  t3;
      ulong top=0;
      int   left=count-done;
      if(left>=16)
        {
         t0=CBytes::GetUint32Le(data,at+done);
         t1=CBytes::GetUint32Le(data,at+done+4);
         t2=CBytes::GetUint32Le(data,at+done+8);
         t3=CBytes::GetUint32Le(data,at+done+12);
         top=16777216;
        }
      else
        {
         ArrayFill(last,0,16,0);
         ArrayCopy(last,data,0,at+done,left);
         last[left]=1;
         t0=CBytes::GetUint32Le(last,0);
         t1=CBytes::GetUint32Le(last,4);
         t2=CBytes::GetUint32Le(last,8);
         t3=CBytes::GetUint32Le(last,12);
        }
      h0+=t0&0x3FFFFFF;
      h1+=((t0>>26)|(t1<<6))&0x3FFFFFF;
      h2+=((t1>>20)|(t2<<12))&0x3FFFFFF;
      h3+=((t2>>14)|(t3<<18))&0x3FFFFFF;
      h4+=(ulong)(t3>>8)|top;
      ulong d0=h0*r0+h1*s4+h2*s3+h3*s2+h4*s1;
      ulong d1=h0*r1+h1*r0+h2*s4+h3*s3+h4*s2;
      ulong d2=h0*r2+h1*r1+h2*r0+h3*s4+h4*s3;
      ulong d3=h0*r3+h1*r2+h2*r1+h3*r0+h4*s4;
      ulong d4=h0*r4+h1*r3+h2*r2+h3*r1+h4*r0;
      d1+=d0>>26;
      h0=d0&0x3FFFFFF;
      d2+=d1>>26;
      h1=d1&0x3FFFFFF;
      d3+=d2>>26;
      h2=d2&0x3FFFFFF;
      d4+=d3>>26;
      h3=d3&0x3FFFFFF;
      h0+=(d4>>26)*5;
      h4=d4&0x3FFFFFF;
      h1+=h0>>26;
      h0&=0x3FFFFFF;
      done+=16;
     }
//--- carry through, then subtract the prime if that leaves nothing below zero
   h2+=h1>>26;
   h1&=0x3FFFFFF;
   h3+=h2>>26;
   h2&=0x3FFFFFF;
   h4+=h3>>26;
   h3&=0x3FFFFFF;
   h0+=(h4>>26)*5;
   h4&=0x3FFFFFF;
   h1+=h0>>26;
   h0&=0x3FFFFFF;
   ulong g0=h0+5;
   ulong g1=h1+(g0>>26);
   ulong g2=h2+(g1>>26);
   ulong g3=h3+(g2>>26);
   ulong g4=h4+(g3>>26);
   ulong keep=(g4>>26)-1;
   ulong take=~keep;
   h0=(h0&keep)|(g0&take&0x3FFFFFF);
   h1=(h1&keep)|(g1&take&0x3FFFFFF);
   h2=(h2&keep)|(g2&take&0x3FFFFFF);
   h3=(h3&keep)|(g3&take&0x3FFFFFF);
   h4=(h4&keep)|(g4&take&0x3FFFFFF);
//--- a literal of 32 ones has no type that all builds agree on
   ulong low=((ulong)1<<32)-1;
   ulong f0=((h0|(h1<<26))&low)+key[4];
   ulong f1=(((h1>>6)|(h2<<20))&low)+key[5]+(f0>>32);
   ulong f2=(((h2>>12)|(h3<<14))&low)+key[6]+(f1>>32);
   ulong f3=(((h3>>18)|(h4<<8))&low)+key[7]+(f2>>32);
   CBytes::PutUint32Le(tag,tag_at,(uint)f0);
   CBytes::PutUint32Le(tag,tag_at+4,(uint)f1);
   CBytes::PutUint32Le(tag,tag_at+8,(uint)f2);
   CBytes::PutUint32Le(tag,tag_at+12,(uint)f3);
  }
#endif
//+------------------------------------------------------------------+

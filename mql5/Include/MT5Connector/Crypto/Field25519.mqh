//+------------------------------------------------------------------+
//|                                                   Field25519.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_CRYPTO_FIELD25519_MQH
#define MT5CONNECTOR_CRYPTO_FIELD25519_MQH
//+------------------------------------------------------------------+
//| Arithmetic modulo 2^255-19 in ten signed limbs of 26 and 25 bits, unrolled|
//+------------------------------------------------------------------+
class CField25519
  {
private:
   static void       Carry(long &h[]);
public:
   static void       Copy(long &out[],const long &a[]);
   static void       SetSmall(long &out[],const int value);
   static void       Add(long &out[],const long &a[],const long &b[]);
   static void       Subtract(long &out[],const long &a[],const long &b[]);
   static void       Multiply(long &out[],const long &f[],const long &g[]);
   static void       Square(long &out[],const long &f[]);
   static void       MultiplySmall(long &out[],const long &f[],const int factor);
   static void       Invert(long &out[],const long &z[]);
   static void       Swap(long &a[],long &b[],const int bit);
   static void       FromBytes(long &out[],const uchar &data[]);
   static void       ToBytes(uchar &data[],const long &f[]);
  };
//+------------------------------------------------------------------+
//| Brings every limb back to its width                              |
//+------------------------------------------------------------------+
static void CField25519::Carry(long &h[])
  {
   long carry;
   carry=(h[0]+33554432)>>26;
   h[1]+=carry;
   h[0]-=carry*67108864;
   carry=(h[4]+33554432)>>26;
   h[5]+=carry;
   h[4]-=carry*67108864;
   carry=(h[1]+16777216)>>25;
   h[2]+=carry;
   h[1]-=carry*33554432;
   carry=(h[5]+16777216)>>25;
   h[6]+=carry;
   h[5]-=carry*33554432;
   carry=(h[2]+33554432)>>26;
   h[3]+=carry;
   h[2]-=carry*67108864;
   carry=(h[6]+33554432)>>26;
   h[7]+=carry;
   h[6]-=carry*67108864;
   carry=(h[3]+16777216)>>25;
   h[4]+=carry;
   h[3]-=carry*33554432;
   carry=(h[7]+16777216)>>25;
   h[8]+=carry;
   h[7]-=carry*33554432;
   carry=(h[4]+33554432)>>26;
   h[5]+=carry;
   h[4]-=carry*67108864;
   carry=(h[8]+33554432)>>26;
   h[9]+=carry;
   h[8]-=carry*67108864;
   carry=(h[9]+16777216)>>25;
   h[0]+=carry*19;
   h[9]-=carry*33554432;
   carry=(h[0]+33554432)>>26;
   h[1]+=carry;
   h[0]-=carry*67108864;
  }
//+------------------------------------------------------------------+
//| out=a                                                            |
//+------------------------------------------------------------------+
static void CField25519::Copy(long &out[],const long &a[])
  {
   ArrayCopy(out,a,0,0,10);
  }
//+------------------------------------------------------------------+
//| A small number                                                   |
//+------------------------------------------------------------------+
static void CField25519::SetSmall(long &out[],const int value)
  {
   ArrayFill(out,0,10,0);
   out[0]=value;
  }
//+------------------------------------------------------------------+
//| out=a+b                                                          |
//+------------------------------------------------------------------+
static void CField25519::Add(long &out[],const long &a[],const long &b[])
  {
   for(int i=0; i<10; i++)
      out[i]=a[i]+b[i];
  }
//+------------------------------------------------------------------+
//| out=a-b                                                          |
//+------------------------------------------------------------------+
static void CField25519::Subtract(long &out[],const long &a[],const long &b[])
  {
   for(int i=0; i<10; i++)
      out[i]=a[i]-b[i];
  }
//+------------------------------------------------------------------+
//| out=f*g                                                          |
//+------------------------------------------------------------------+
static void CField25519::Multiply(long &out[],const long &f[],const long &g[])
  {
   long f0=f[0];
   long f1=f[1];
   long f2=f[2];
   long f3=f[3];
   long f4=f[4];
   long f5=f[5];
   long f6=f[6];
   long f7=f[7];
   long f8=f[8];
   long f9=f[9];
   long g0=g[0];
   long g1=g[1];
   long g2=g[2];
   long g3=g[3];
   long g4=g[4];
   long g5=g[5];
   long g6=g[6];
   long g7=g[7];
   long g8=g[8];
   long g9=g[9];
   long n1=g1*19;
   long n2=g2*19;
   long n3=g3*19;
   long n4=g4*19;
   long n5=g5*19;
   long n6=g6*19;
   long n7=g7*19;
   long n8=g8*19;
   long n9=g9*19;
   long d1=f1*2;
   long d3=f3*2;
   long d5=f5*2;
   long d7=f7*2;
   long d9=f9*2;
   long h0=f0*g0+d1*n9+f2*n8+d3*n7+f4*n6
           +d5*n5+f6*n4+d7*n3+f8*n2+d9*n1;
   long h1=f0*g1+f1*g0+f2*n9+f3*n8+f4*n7
           +f5*n6+f6*n5+f7*n4+f8*n3+f9*n2;
   long h2=f0*g2+d1*g1+f2*g0+d3*n9+f4*n8
           +d5*n7+f6*n6+d7*n5+f8*n4+d9*n3;
   long h3=f0*g3+f1*g2+f2*g1+f3*g0+f4*n9
           +f5*n8+f6*n7+f7*n6+f8*n5+f9*n4;
   long h4=f0*g4+d1*g3+f2*g2+d3*g1+f4*g0
           +d5*n9+f6*n8+d7*n7+f8*n6+d9*n5;
   long h5=f0*g5+f1*g4+f2*g3+f3*g2+f4*g1
           +f5*g0+f6*n9+f7*n8+f8*n7+f9*n6;
   long h6=f0*g6+d1*g5+f2*g4+d3*g3+f4*g2
           +d5*g1+f6*g0+d7*n9+f8*n8+d9*n7;
   long h7=f0*g7+f1*g6+f2*g5+f3*g4+f4*g3
           +f5*g2+f6*g1+f7*g0+f8*n9+f9*n8;
   long h8=f0*g8+d1*g7+f2*g6+d3*g5+f4*g4
           +d5*g3+f6*g2+d7*g1+f8*g0+d9*n9;
   long h9=f0*g9+f1*g8+f2*g7+f3*g6+f4*g5
           +f5*g4+f6*g3+f7*g2+f8*g1+f9*g0;
   long carry;
   carry=(h0+33554432)>>26;
   h1+=carry;
   h0-=carry*67108864;
   carry=(h4+33554432)>>26;
   h5+=carry;
   h4-=carry*67108864;
   carry=(h1+16777216)>>25;
   h2+=carry;
   h1-=carry*33554432;
   carry=(h5+16777216)>>25;
   h6+=carry;
   h5-=carry*33554432;
   carry=(h2+33554432)>>26;
   h3+=carry;
   h2-=carry*67108864;
   carry=(h6+33554432)>>26;
   h7+=carry;
   h6-=carry*67108864;
   carry=(h3+16777216)>>25;
   h4+=carry;
   h3-=carry*33554432;
   carry=(h7+16777216)>>25;
   h8+=carry;
   h7-=carry*33554432;
   carry=(h4+33554432)>>26;
   h5+=carry;
   h4-=carry*67108864;
   carry=(h8+33554432)>>26;
   h9+=carry;
   h8-=carry*67108864;
   carry=(h9+16777216)>>25;
   h0+=carry*19;
   h9-=carry*33554432;
   carry=(h0+33554432)>>26;
   h1+=carry;
   h0-=carry*67108864;
   out[0]=h0;
   out[1]=h1;
   out[2]=h2;
   out[3]=h3;
   out[4]=h4;
   out[5]=h5;
   out[6]=h6;
   out[7]=h7;
   out[8]=h8;
   out[9]=h9;
  }
//+------------------------------------------------------------------+
//| out=f*f                                                          |
//+------------------------------------------------------------------+
static void CField25519::Square(long &out[],const long &f[])
  {
   long f0=f[0];
   long f1=f[1];
   long f2=f[2];
   long f3=f[3];
   long f4=f[4];
   long f5=f[5];
   long f6=f[6];
   long f7=f[7];
   long f8=f[8];
   long f9=f[9];
   long t0=f0*2;
   long t1=f1*2;
   long t2=f2*2;
   long t3=f3*2;
   long t4=f4*2;
   long t5=f5*2;
   long t6=f6*2;
   long t7=f7*2;
   long n5=f5*38;
   long n6=f6*19;
   long n7=f7*38;
   long n8=f8*19;
   long n9=f9*38;
   long h0=f0*f0+t1*n9+t2*n8+t3*n7+t4*n6+f5*n5;
   long h1=t0*f1+f2*n9+t3*n8+f4*n7+t5*n6;
   long h2=t0*f2+t1*f1+t3*n9+t4*n8+t5*n7+f6*n6;
   long h3=t0*f3+t1*f2+f4*n9+t5*n8+f6*n7;
   long h4=t0*f4+t1*t3+f2*f2+t5*n9+t6*n8+f7*n7;
   long h5=t0*f5+t1*f4+t2*f3+f6*n9+t7*n8;
   long h6=t0*f6+t1*t5+t2*f4+t3*f3+t7*n9+f8*n8;
   long h7=t0*f7+t1*f6+t2*f5+t3*f4+f8*n9;
   long h8=t0*f8+t1*t7+t2*f6+t3*t5+f4*f4+f9*n9;
   long h9=t0*f9+t1*f8+t2*f7+t3*f6+t4*f5;
   long carry;
   carry=(h0+33554432)>>26;
   h1+=carry;
   h0-=carry*67108864;
   carry=(h4+33554432)>>26;
   h5+=carry;
   h4-=carry*67108864;
   carry=(h1+16777216)>>25;
   h2+=carry;
   h1-=carry*33554432;
   carry=(h5+16777216)>>25;
   h6+=carry;
   h5-=carry*33554432;
   carry=(h2+33554432)>>26;
   h3+=carry;
   h2-=carry*67108864;
   carry=(h6+33554432)>>26;
   h7+=carry;
   h6-=carry*67108864;
   carry=(h3+16777216)>>25;
   h4+=carry;
   h3-=carry*33554432;
   carry=(h7+16777216)>>25;
   h8+=carry;
   h7-=carry*33554432;
   carry=(h4+33554432)>>26;
   h5+=carry;
   h4-=carry*67108864;
   carry=(h8+33554432)>>26;
   h9+=carry;
   h8-=carry*67108864;
   carry=(h9+16777216)>>25;
   h0+=carry*19;
   h9-=carry*33554432;
   carry=(h0+33554432)>>26;
   h1+=carry;
   h0-=carry*67108864;
   out[0]=h0;
   out[1]=h1;
   out[2]=h2;
   out[3]=h3;
   out[4]=h4;
   out[5]=h5;
   out[6]=h6;
   out[7]=h7;
   out[8]=h8;
   out[9]=h9;
  }
//+------------------------------------------------------------------+
//| out=f*factor                                                     |
//+------------------------------------------------------------------+
static void CField25519::MultiplySmall(long &out[],const long &f[],const int factor)
  {
   for(int i=0; i<10; i++)
      out[i]=f[i]*factor;
   Carry(out);
  }
//+------------------------------------------------------------------+
//| out=z^(2^255-21), the inverse                                    |
//+------------------------------------------------------------------+
static void CField25519::Invert(long &out[],const long &z[])
  {
   long t0[10];
   long t1[10];
   long t2[10];
   long t3[10];
   Square(t0,z);
   Square(t1,t0);
   Square(t1,t1);
   Multiply(t1,z,t1);
   Multiply(t0,t0,t1);
   Square(t2,t0);
   Multiply(t1,t1,t2);
   Square(t2,t1);
   for(int i=1; i<5; i++)
      Square(t2,t2);
   Multiply(t1,t2,t1);
   Square(t2,t1);
   for(int i=1; i<10; i++)
      Square(t2,t2);
   Multiply(t2,t2,t1);
   Square(t3,t2);
   for(int i=1; i<20; i++)
      Square(t3,t3);
   Multiply(t2,t3,t2);
   Square(t2,t2);
   for(int i=1; i<10; i++)
      Square(t2,t2);
   Multiply(t1,t2,t1);
   Square(t2,t1);
   for(int i=1; i<50; i++)
      Square(t2,t2);
   Multiply(t2,t2,t1);
   Square(t3,t2);
   for(int i=1; i<100; i++)
      Square(t3,t3);
   Multiply(t2,t3,t2);
   Square(t2,t2);
   for(int i=1; i<50; i++)
      Square(t2,t2);
   Multiply(t1,t2,t1);
   Square(t1,t1);
   for(int i=1; i<5; i++)
      Square(t1,t1);
   Multiply(out,t1,t0);
  }
//+------------------------------------------------------------------+
//| Swaps both if the bit is 1, without a branch                     |
//+------------------------------------------------------------------+
static void CField25519::Swap(long &a[],long &b[],const int bit)
  {
   long selected=-(long)bit;
   for(int i=0; i<10; i++)
     {
      long difference=selected&(a[i]^b[i]);
      a[i]^=difference;
      b[i]^=difference;
     }
  }
//+------------------------------------------------------------------+
//| Reads 32 bytes; the highest bit is left out (RFC 7748, section 5)|
//+------------------------------------------------------------------+
static void CField25519::FromBytes(long &out[],const uchar &data[])
  {
   int at=0;
   for(int i=0; i<10; i++)
     {
      int   width=26-i%2;
      int   first=at/8;
      ulong value=0;
      for(int k=4; k>=0; k--)
        {
         value<<=8;
         if(first+k<32)
            value|=(ulong)data[first+k];
        }
      value>>=at%8;
      out[i]=(long)(value&(((ulong)1<<width)-1));
      at+=width;
     }
  }
//+------------------------------------------------------------------+
//| Writes the number below 2^255-19 as 32 bytes                     |
//+------------------------------------------------------------------+
static void CField25519::ToBytes(uchar &data[],const long &f[])
  {
   long  h[10];
   long  q;
   ulong bits=0;
   int   have=0;
   int   at=0;
   Copy(h,f);
   Carry(h);
   q=(h[9]*19+16777216)>>25;
   for(int i=0; i<10; i++)
      q=(h[i]+q)>>(26-i%2);
   h[0]+=q*19;
   for(int i=0; i<10; i++)
     {
      int  width=26-i%2;
      long carry=h[i]>>width;
      h[i]-=carry*((long)1<<width);
      if(i<9)
         h[i+1]+=carry;
     }
   for(int i=0; i<10; i++)
     {
      bits|=(ulong)h[i]<<have;
      have+=26-i%2;
      while(have>=8)
        {
         data[at]=(uchar)(bits&255);
         at++;
         bits>>=8;
         have-=8;
        }
     }
   data[at]=(uchar)(bits&255);
  }
#endif
//+------------------------------------------------------------------+

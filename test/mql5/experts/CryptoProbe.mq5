//+------------------------------------------------------------------+
//|                                                  CryptoProbe.mq5 |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#property copyright "Copyright 2026, Trading Org"
#property version   "1.00"

#include <MT5Connector/Crypto/Base64.mqh>
#include <MT5Connector/Crypto/Hkdf.mqh>
#include <MT5Connector/Crypto/SecretBox.mqh>
#include <MT5Connector/Crypto/Z85.mqh>

#define PROBE_SEAL 1
#define PROBE_OPEN 2
#define PROBE_X25519 3
#define PROBE_HMAC 4
#define PROBE_HKDF 5
#define PROBE_TEXT 6

//+------------------------------------------------------------------+
//| Reads one argument: two bytes of length, then the bytes          |
//+------------------------------------------------------------------+
bool TakeArgument(const int file,uchar &data[])
  {
   uchar length[2];
   if(FileReadArray(file,length,0,2)!=2 || !CBytes::Resize(data,(int)length[0]+256*(int)length[1]))
      return(false);
   return(ArraySize(data)==0 || FileReadArray(file,data,0,ArraySize(data))==(uint)ArraySize(data));
  }
//+------------------------------------------------------------------+
//| Writes one result: a byte that says whether there is one, two of length, the bytes|
//+------------------------------------------------------------------+
bool PutResult(const int file,const bool good,const uchar &data[])
  {
   uchar head[3];
   int   size=ArraySize(data);
   head[0]=0;
   if(good)
      head[0]=1;
   else
      size=0;
   head[1]=(uchar)(size&255);
   head[2]=(uchar)(size>>8);
   return(FileWriteArray(file,head,0,3)==3 && FileWriteArray(file,data,0,size)==(uint)size);
  }
//+------------------------------------------------------------------+
//| Z85 and Base64 there and back; the texts behind one another      |
//+------------------------------------------------------------------+
bool Texts(const uchar &data[],uchar &out[])
  {
   string z85;
   string base64=CBase64::Encode(data);
   uchar  back[];
   if(!CZ85::Encode(data,z85) || !CZ85::Decode(z85,back) || !CBytes::Equal(back,0,data,0,ArraySize(data)))
      return(false);
   if(!CBase64::Decode(base64,back) || ArraySize(back)!=ArraySize(data) || !CBytes::Equal(back,0,data,0,ArraySize(data)))
      return(false);
   string both=z85+" "+base64;
   if(!CBytes::Resize(out,StringLen(both)))
      return(false);
   CBytes::PutAscii(out,0,both);
   return(true);
  }
//+------------------------------------------------------------------+
//| Computes one result                                              |
//+------------------------------------------------------------------+
bool Compute(const int operation,const uchar &a[],const uchar &b[],const uchar &c[],uchar &out[])
  {
   CHmac hmac;
   if(!CBytes::Resize(out,0))
      return(false);
   switch(operation)
     {
      case PROBE_SEAL:
         if(!CBytes::Resize(out,ArraySize(c)+BOX_TAG))
            return(false);
         CSecretBox::SealWhole(a,b,c,out,0);
         return(true);
      case PROBE_OPEN:
         return(CSecretBox::OpenWhole(a,b,c,0,ArraySize(c),out));
      case PROBE_X25519:
         return(CX25519::SharedSecret(a,b,out));
      case PROBE_HMAC:
         return(hmac.SetKey(a) && hmac.Mac(b,out) && hmac.Verify(b,out));
      case PROBE_HKDF:
         return(CHkdf::Derive(a,b,c,64,out));
      case PROBE_TEXT:
         return(Texts(a,out));
      default:
         return(false);
     }
  }
//+------------------------------------------------------------------+
//| Answers every question of the file                               |
//+------------------------------------------------------------------+
void OnStart(void)
  {
   uchar operation[1];
   uchar a[];
   uchar b[];
   uchar c[];
   uchar out[];
   int   count=0;
   int   questions=FileOpen("probe.bin",FILE_READ|FILE_BIN);
   int   answers=FileOpen("probe.out",FILE_WRITE|FILE_BIN);
   if(questions==INVALID_HANDLE || answers==INVALID_HANDLE)
     {
      Print("no files");
      return;
     }
   while(FileReadArray(questions,operation,0,1)==1)
     {
      if(!TakeArgument(questions,a) || !TakeArgument(questions,b) || !TakeArgument(questions,c))
         return;
      bool good=Compute((int)operation[0],a,b,c,out);
      if(!PutResult(answers,good,out))
         return;
      count++;
     }
   FileClose(questions);
   FileClose(answers);
   Print("answered ",count);
  }
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//|                                                    SecretBox.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_CRYPTO_SECRETBOX_MQH
#define MT5CONNECTOR_CRYPTO_SECRETBOX_MQH
#include <MT5Connector/Crypto/Poly1305.mqh>
#include <MT5Connector/Crypto/Salsa20.mqh>
#include <MT5Connector/Crypto/X25519.mqh>

#define BOX_TAG 16
#define BOX_KEY 32

//+------------------------------------------------------------------+
//| NaCl's secretbox: XSalsa20-Poly1305                              |
//+------------------------------------------------------------------+
class CSecretBox
  {
private:
   CSalsa20          m_salsa;
   void              Mask(const uint nonce0,const uint nonce1,const uchar &from[],const int from_at,
                          uchar &to[],const int to_at,const int count);
public:
   void              SetKey(const uchar &key[],const uchar &nonce[],const int nonce_at);
   void              Seal(const uchar &tail[],const int tail_at,const uchar &plain[],const int plain_at,const int count,
                          uchar &out[],const int out_at);
   bool              Open(const uchar &tail[],const int tail_at,const uchar &boxed[],const int boxed_at,const int count,
                          uchar &plain[],const int plain_at);
   static bool       BoxKey(const uchar &secret_key[],const uchar &public_key[],uchar &key[]);
   static void       SealWhole(const uchar &key[],const uchar &nonce[],const uchar &plain[],uchar &out[],const int out_at);
   static bool       OpenWhole(const uchar &key[],const uchar &nonce[],const uchar &boxed[],const int boxed_at,const int count,
                               uchar &plain[]);
  };
//+------------------------------------------------------------------+
//| The key, and the 16 bytes that all nonces begin with             |
//+------------------------------------------------------------------+
void CSecretBox::SetKey(const uchar &key[],const uchar &nonce[],const int nonce_at)
  {
   m_salsa.SetKey(key,nonce,nonce_at);
  }
//+------------------------------------------------------------------+
//| XOR with the stream from its byte 32 on; its first 32 are Poly1305's key|
//+------------------------------------------------------------------+
void CSecretBox::Mask(const uint nonce0,const uint nonce1,const uchar &from[],const int from_at,
                      uchar &to[],const int to_at,const int count)
  {
   int   done=0;
   int   word=8;
   ulong block=0;
   while(done<count)
     {
      if(word==16)
        {
         block++;
         m_salsa.Block(nonce0,nonce1,block);
         word=0;
        }
      uint mask=m_salsa.Word(word);
      word++;
      if(count-done>=4)
        {
         CBytes::PutUint32Le(to,to_at+done,CBytes::GetUint32Le(from,from_at+done)^mask);
         done+=4;
        }
      else
         while(done<count)
           {
            to[to_at+done]=(uchar)((uint)from[from_at+done]^(mask&255));
            mask>>=8;
            done++;
           }
     }
  }
//+------------------------------------------------------------------+
//| Writes tag and ciphertext: 16 bytes more than the plaintext      |
//+------------------------------------------------------------------+
void CSecretBox::Seal(const uchar &tail[],const int tail_at,const uchar &plain[],const int plain_at,const int count,
                      uchar &out[],const int out_at)
  {
   uint key[8];
   uint nonce0=CBytes::GetUint32Le(tail,tail_at);
   uint nonce1=CBytes::GetUint32Le(tail,tail_at+4);
   m_salsa.Block(nonce0,nonce1,0);
   for(int i=0; i<8; i++)
      key[i]=m_salsa.Word(i);
   Mask(nonce0,nonce1,plain,plain_at,out,out_at+BOX_TAG,count);
   CPoly1305::Tag(key,out,out_at+BOX_TAG,count,out,out_at);
  }
//+------------------------------------------------------------------+
//| Checks the tag, then decrypts; count includes the tag            |
//+------------------------------------------------------------------+
bool CSecretBox::Open(const uchar &tail[],const int tail_at,const uchar &boxed[],const int boxed_at,const int count,
                      uchar &plain[],const int plain_at)
  {
   uint  key[8];
   uchar tag[BOX_TAG];
   uint  nonce0=CBytes::GetUint32Le(tail,tail_at);
   uint  nonce1=CBytes::GetUint32Le(tail,tail_at+4);
   if(count<BOX_TAG)
      return(false);
   m_salsa.Block(nonce0,nonce1,0);
   for(int i=0; i<8; i++)
      key[i]=m_salsa.Word(i);
   CPoly1305::Tag(key,boxed,boxed_at+BOX_TAG,count-BOX_TAG,tag,0);
   if(!CBytes::Equal(tag,0,boxed,boxed_at,BOX_TAG))
      return(false);
   Mask(nonce0,nonce1,boxed,boxed_at+BOX_TAG,plain,plain_at,count-BOX_TAG);
   return(true);
  }
//+------------------------------------------------------------------+
//| The key of crypto_box for two parties (NaCl's beforenm)          |
//+------------------------------------------------------------------+
static bool CSecretBox::BoxKey(const uchar &secret_key[],const uchar &public_key[],uchar &key[])
  {
   uchar shared[];
   uchar zero[16];
   uint  words[8];
   if(!CX25519::SharedSecret(secret_key,public_key,shared) || !CBytes::Resize(key,BOX_KEY))
      return(false);
   ArrayFill(zero,0,16,0);
   CSalsa20::HSalsa20(shared,zero,0,words);
   for(int i=0; i<8; i++)
      CBytes::PutUint32Le(key,4*i,words[i]);
   CBytes::Wipe(shared);
   return(true);
  }
//+------------------------------------------------------------------+
//| Seals under a nonce of 24 bytes; out has room for 16 bytes more than the plaintext|
//+------------------------------------------------------------------+
static void CSecretBox::SealWhole(const uchar &key[],const uchar &nonce[],const uchar &plain[],uchar &out[],const int out_at)
  {
   CSecretBox box;
   box.SetKey(key,nonce,0);
   box.Seal(nonce,16,plain,0,ArraySize(plain),out,out_at);
  }
//+------------------------------------------------------------------+
//| Opens a box under a nonce of 24 bytes                            |
//+------------------------------------------------------------------+
static bool CSecretBox::OpenWhole(const uchar &key[],const uchar &nonce[],const uchar &boxed[],const int boxed_at,const int count,
                                  uchar &plain[])
  {
   CSecretBox box;
   if(count<BOX_TAG || !CBytes::Resize(plain,count-BOX_TAG))
      return(false);
   box.SetKey(key,nonce,0);
   return(box.Open(nonce,16,boxed,boxed_at,count,plain,0));
  }
#endif
//+------------------------------------------------------------------+

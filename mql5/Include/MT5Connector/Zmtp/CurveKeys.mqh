//+------------------------------------------------------------------+
//|                                                    CurveKeys.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_ZMTP_CURVEKEYS_MQH
#define MT5CONNECTOR_ZMTP_CURVEKEYS_MQH
#include <MT5Connector/Crypto/SecretBox.mqh>

#define CURVE_CLIENTS_MAX 256

//+------------------------------------------------------------------+
//| The server's permanent key pair and the clients that it admits   |
//+------------------------------------------------------------------+
class CCurveKeys
  {
private:
   uchar             m_secret[];
   uchar             m_public[];
   uchar             m_clients[];
   int               m_count;
public:
                     CCurveKeys(void);
   bool              SetSecret(const uchar &secret_key[]);
   bool              Admit(const uchar &client_key[]);
   void              AdmitNobody(void) { m_count=0; }
   bool              IsAdmitted(const uchar &client_key[]) const;
   bool              SharedWith(const uchar &public_key[],uchar &key[]) const;
   bool              IsOwn(const uchar &data[],const int at) const { return(CBytes::Equal(data,at,m_public,0,X25519_BYTES)); }
   bool              GetPublic(uchar &key[]) const;
   bool              IsSet(void) const { return(ArraySize(m_public)==X25519_BYTES); }
  };
//+------------------------------------------------------------------+
//| No keys, nobody admitted                                         |
//+------------------------------------------------------------------+
CCurveKeys::CCurveKeys(void)
  {
   m_count=0;
  }
//+------------------------------------------------------------------+
//| Sets the pair by its secret half                                 |
//+------------------------------------------------------------------+
bool CCurveKeys::SetSecret(const uchar &secret_key[])
  {
   if(ArraySize(secret_key)!=X25519_BYTES || !CBytes::Resize(m_secret,X25519_BYTES))
      return(false);
   ArrayCopy(m_secret,secret_key,0,0,X25519_BYTES);
   return(CX25519::PublicKey(m_secret,m_public));
  }
//+------------------------------------------------------------------+
//| Adds a client                                                    |
//+------------------------------------------------------------------+
bool CCurveKeys::Admit(const uchar &client_key[])
  {
   int size=m_count*X25519_BYTES;
   if(ArraySize(client_key)!=X25519_BYTES || m_count>=CURVE_CLIENTS_MAX || !CBytes::Resize(m_clients,size+X25519_BYTES))
      return(false);
   ArrayCopy(m_clients,client_key,size,0,X25519_BYTES);
   m_count++;
   return(true);
  }
//+------------------------------------------------------------------+
//| Looks at every entry, so that the time does not tell which one matched|
//+------------------------------------------------------------------+
bool CCurveKeys::IsAdmitted(const uchar &client_key[]) const
  {
   int found=0;
   for(int i=0; i<m_count; i++)
      if(CBytes::Equal(m_clients,i*X25519_BYTES,client_key,0,X25519_BYTES))
         found++;
   return(found>0);
  }
//+------------------------------------------------------------------+
//| The box key between the permanent secret and a public key        |
//+------------------------------------------------------------------+
bool CCurveKeys::SharedWith(const uchar &public_key[],uchar &key[]) const
  {
   return(CSecretBox::BoxKey(m_secret,public_key,key));
  }
//+------------------------------------------------------------------+
//| The public half                                                  |
//+------------------------------------------------------------------+
bool CCurveKeys::GetPublic(uchar &key[]) const
  {
   if(!CBytes::Resize(key,X25519_BYTES) || !IsSet())
      return(false);
   ArrayCopy(key,m_public,0,0,X25519_BYTES);
   return(true);
  }
#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//|                                                     SelfTest.mq5 |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#property copyright "Copyright 2026, Trading Org"
#property link      "https://github.com/trading-org/mt5-connector"
#property version   "1.00"
#property description "Checks MT5 Connector's own arithmetic in this terminal. Needs DLL imports for randomness."

#include <MT5Connector/Crypto/Base64.mqh>
#include <MT5Connector/Crypto/Hkdf.mqh>
#include <MT5Connector/Crypto/SecretBox.mqh>
#include <MT5Connector/Crypto/Z85.mqh>
#include <MT5Connector/Json/JsonReader.mqh>
#include <MT5Connector/Json/JsonWriter.mqh>

int g_passed=0;
int g_failed=0;

//+------------------------------------------------------------------+
//| Counts one check and names it if it failed                       |
//+------------------------------------------------------------------+
void Check(const string name,const bool good)
  {
   if(good)
      g_passed++;
   else
     {
      g_failed++;
      Print("FAILED: ",name);
     }
  }
//+------------------------------------------------------------------+
//| Compares bytes with hexadecimal text                             |
//+------------------------------------------------------------------+
void CheckHex(const string name,const uchar &data[],const string expected)
  {
   Check(name,CBytes::ToHex(data)==expected);
  }
//+------------------------------------------------------------------+
//| Bytes of ASCII text                                              |
//+------------------------------------------------------------------+
bool FromAscii(const string text,uchar &data[])
  {
   if(!CBytes::Resize(data,StringLen(text)))
      return(false);
   CBytes::PutAscii(data,0,text);
   return(true);
  }
//+------------------------------------------------------------------+
//| The same byte many times                                         |
//+------------------------------------------------------------------+
bool Repeat(const int value,const int count,uchar &data[])
  {
   if(!CBytes::Resize(data,count))
      return(false);
   ArrayFill(data,0,count,value);
   return(true);
  }
//+------------------------------------------------------------------+
//| RFC 7748, sections 5.2 and 6.1                                   |
//+------------------------------------------------------------------+
void TestX25519(void)
  {
   uchar scalar[];
   uchar point[];
   uchar result[];
   Check("hex",CBytes::FromHex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",scalar));
   Check("hex",CBytes::FromHex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",point));
   Check("x25519 vector 1",CX25519::SharedSecret(scalar,point,result));
   CheckHex("x25519 vector 1",result,"c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
   Check("hex",CBytes::FromHex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",scalar));
   Check("hex",CBytes::FromHex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",point));
   Check("x25519 vector 2",CX25519::SharedSecret(scalar,point,result));
   CheckHex("x25519 vector 2",result,"95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
   Check("x25519 refuses the point zero",Repeat(0,32,point) && !CX25519::SharedSecret(scalar,point,result));
//--- one and a thousand iterations
   Check("bytes",Repeat(0,32,scalar));
   scalar[0]=9;
   ArrayCopy(point,scalar,0,0,32);
   for(int i=0; i<1000; i++)
     {
      if(!CX25519::SharedSecret(scalar,point,result))
         break;
      ArrayCopy(point,scalar,0,0,32);
      ArrayCopy(scalar,result,0,0,32);
      if(i==0)
         CheckHex("x25519 after 1",result,"422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
     }
   CheckHex("x25519 after 1,000",result,"684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
  }
//+------------------------------------------------------------------+
//| The vector of NaCl's own tests for crypto_secretbox              |
//+------------------------------------------------------------------+
void TestSecretBox(void)
  {
   uchar key[];
   uchar nonce[];
   uchar plain[];
   uchar boxed[];
   uchar opened[];
   string text="be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c0123356";
   text+="1f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705";
   Check("hex",CBytes::FromHex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389",key));
   Check("hex",CBytes::FromHex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37",nonce));
   Check("hex",CBytes::FromHex(text,plain));
   Check("size",ArraySize(plain)==131 && CBytes::Resize(boxed,147));
   CSecretBox::SealWhole(key,nonce,plain,boxed,0);
   string expected="f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b";
   expected+="4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da";
   expected+="99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5";
   CheckHex("secretbox seals",boxed,expected);
   Check("secretbox opens",CSecretBox::OpenWhole(key,nonce,boxed,0,147,opened) && CBytes::Equal(opened,0,plain,0,131));
   boxed[20]=(uchar)((int)boxed[20]^1);
   Check("secretbox refuses a changed byte",!CSecretBox::OpenWhole(key,nonce,boxed,0,147,opened));
   Check("secretbox refuses what is too short",!CSecretBox::OpenWhole(key,nonce,boxed,0,15,opened));
  }
//+------------------------------------------------------------------+
//| RFC 4231 (cases 1, 2, 6) and RFC 5869 (cases 1 and 3)            |
//+------------------------------------------------------------------+
void TestHmac(void)
  {
   CHmac hmac;
   uchar key[];
   uchar data[];
   uchar mac[];
   uchar salt[];
   uchar info[];
   uchar out[];
   Check("bytes",Repeat(11,20,key) && FromAscii("Hi There",data) && hmac.SetKey(key) && hmac.Mac(data,mac));
   CheckHex("hmac case 1",mac,"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
   Check("bytes",FromAscii("Jefe",key) && FromAscii("what do ya want for nothing?",data) && hmac.SetKey(key) && hmac.Mac(data,mac));
   CheckHex("hmac case 2",mac,"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
   Check("bytes",Repeat(170,131,key) && FromAscii("Test Using Larger Than Block-Size Key - Hash Key First",data));
   Check("hmac",hmac.SetKey(key) && hmac.Mac(data,mac));
   CheckHex("hmac case 6",mac,"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
   Check("hmac verifies",hmac.Verify(data,mac));
   mac[31]=(uchar)((int)mac[31]^128);
   Check("hmac refuses",!hmac.Verify(data,mac));
   Check("bytes",Repeat(11,22,key) && CBytes::FromHex("000102030405060708090a0b0c",salt) && CBytes::FromHex("f0f1f2f3f4f5f6f7f8f9",info));
   Check("hkdf",CHkdf::Derive(key,salt,info,42,out));
   CheckHex("hkdf case 1",out,"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
   Check("bytes",CBytes::Resize(salt,0) && CBytes::Resize(info,0));
   Check("hkdf",CHkdf::Derive(key,salt,info,42,out));
   CheckHex("hkdf case 3",out,"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
  }
//+------------------------------------------------------------------+
//| RFC 32 of ZeroMQ and RFC 4648                                    |
//+------------------------------------------------------------------+
void TestTexts(void)
  {
   uchar  data[];
   string text;
   Check("z85 decodes",CZ85::Decode("HelloWorld",data));
   CheckHex("z85 decodes",data,"864fd26fb559f75b");
   Check("z85 encodes",CZ85::Encode(data,text) && text=="HelloWorld");
   Check("z85 refuses a bad length",!CZ85::Decode("Hello1",data));
   Check("z85 refuses a bad digit",!CZ85::Decode("Hell~",data));
   Check("z85 refuses what overflows",!CZ85::Decode("#####",data));
   Check("base64 encodes",FromAscii("fooba",data) && CBase64::Encode(data)=="Zm9vYmE=");
   Check("base64 decodes",CBase64::Decode("Zm9vYg==",data) && ArraySize(data)==4);
   Check("base64 refuses loose bits",!CBase64::Decode("Zm9vYh==",data));
   Check("base64 refuses a bad digit",!CBase64::Decode("Zm9*",data));
  }
//+------------------------------------------------------------------+
//| Tells whether the reader takes the text                          |
//+------------------------------------------------------------------+
bool Reads(CJsonReader &reader,const string text)
  {
   uchar data[];
   return(CUtf8::Encode(text,data)>=0 && reader.Parse(data));
  }
//+------------------------------------------------------------------+
//| RFC 8259                                                         |
//+------------------------------------------------------------------+
void TestJson(void)
  {
   CJsonReader reader;
   CJsonWriter writer;
   string      text;
   double      number=0.0;
   long        whole=0;
   ulong       ticket=0;
   bool        truth=false;
   uchar       data[];
   Check("json reads",Reads(reader,"{\"a\":[1,-2.5e3,true,null],\"t\":\"18446744073709551615\",\"s\":\"x\\u00e9\\ud83d\\ude00\\n\"}"));
   Check("json ulong",reader.GetUlong(reader.Find(0,"t"),ticket) && ticket==~(ulong)0);
   Check("json text",reader.GetText(reader.Find(0,"s"),text) && StringLen(text)==5);
   int item=reader.First(reader.Find(0,"a"));
   Check("json long",reader.GetLong(item,whole) && whole==1);
   item=reader.Next(item);
   Check("json double",reader.GetDouble(item,number) && CNumber::SameDouble(number,-2500.0));
   item=reader.Next(item);
   Check("json bool",reader.GetBool(item,truth) && truth);
   Check("json absent",reader.Find(0,"b")<0 && !reader.GetText(reader.Find(0,"b"),text));
   Check("json refuses a name twice",!Reads(reader,"{\"a\":1,\"a\":2}"));
   Check("json refuses a comma too much",!Reads(reader,"[1,]"));
   Check("json refuses a leading zero",!Reads(reader,"01"));
   Check("json refuses text behind",!Reads(reader,"1 2"));
   Check("json refuses an open text",!Reads(reader,"\"a"));
   Check("json refuses nothing",!Reads(reader,""));
   Check("json refuses depth",!Reads(reader,"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"));
   Check("json takes depth",Reads(reader,"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"));
   Check("bytes",CBytes::FromHex("22c0af22",data) && !reader.Parse(data));
   Check("bytes",CBytes::FromHex("22eda08022",data) && !reader.Parse(data));
   writer.BeginObject();
   writer.Name("n");
   writer.Double(0.1);
   writer.Name("l");
   writer.BeginList();
   writer.LongText(-5);
   writer.Bool(false);
   writer.Text("a\"\\\n");
   writer.EndList();
   writer.EndObject();
   Check("json writes",writer.Finish(data) && CUtf8::Decode(data,0,ArraySize(data),text));
   Check("json writes",text=="{\"n\":0.1,\"l\":[\"-5\",false,\"a\\\"\\\\\\u000a\"]}");
   Check("json reads its own",reader.Parse(data) && reader.GetDouble(reader.Find(0,"n"),number) && CNumber::SameDouble(number,0.1));
   writer.Reset();
   writer.BeginObject();
   Check("json does not finish open",!writer.Finish(data));
  }
//+------------------------------------------------------------------+
//| Operations a second of what the connections cost                 |
//+------------------------------------------------------------------+
void Speed(void)
  {
   uchar key[];
   uchar point[];
   uchar nonce[];
   uchar plain[];
   uchar boxed[];
   int   count=0;
   Check("random",CRandom::Fill(key,32) && CRandom::Fill(nonce,24) && CRandom::Fill(plain,100) && CBytes::Resize(boxed,116));
   Check("random is not zero",!CBytes::IsZero(key,0,32) && !CBytes::IsZero(plain,0,100));
   ulong start=GetMicrosecondCount();
   while(GetMicrosecondCount()-start<300000)
     {
      if(!CX25519::PublicKey(key,point))
         return;
      count++;
     }
   Print("X25519: ",(ulong)count*1000000/(GetMicrosecondCount()-start)," ops/s");
   count=0;
   start=GetMicrosecondCount();
   while(GetMicrosecondCount()-start<300000)
     {
      for(int i=0; i<100; i++)
         CSecretBox::SealWhole(key,nonce,plain,boxed,0);
      count+=100;
     }
   Print("XSalsa20-Poly1305, 100 bytes: ",(ulong)count*1000000/(GetMicrosecondCount()-start)," ops/s");
  }
//+------------------------------------------------------------------+
//| Runs all checks; prints how many passed                          |
//+------------------------------------------------------------------+
void OnStart(void)
  {
   if(MQLInfoInteger(MQL_DLLS_ALLOWED)==0)
     {
      Print("Cannot test: DLL imports are not allowed for this script; allow them in its dialog, tab Common");
      return;
     }
   TestX25519();
   TestSecretBox();
   TestHmac();
   TestTexts();
   TestJson();
   Speed();
   Print("build ",TerminalInfoInteger(TERMINAL_BUILD));
   Print(g_passed," passed, ",g_failed," failed");
  }
//+------------------------------------------------------------------+

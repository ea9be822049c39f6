//+------------------------------------------------------------------+
//|                                                     Settings.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_SETTINGS_MQH
#define MT5CONNECTOR_AGENT_SETTINGS_MQH
#include <MT5Connector/Crypto/Base64.mqh>
#include <MT5Connector/Crypto/Z85.mqh>
#include <MT5Connector/Json/Number.mqh>

#define SETTINGS_CLIENTS_MAX 64
#define SETTINGS_BYTES_MAX 262144

//+------------------------------------------------------------------+
//| The settings of the agent, from an ini file; no text of it is ever printed, since it holds secrets|
//+------------------------------------------------------------------+
class CSettings
  {
private:
   string            m_fault;
   string            m_names[SETTINGS_CLIENTS_MAX];
   bool              m_trades[SETTINGS_CLIENTS_MAX];
   uchar             m_keys[];
   int               m_clients;
   bool              Refuse(const string fault);
   bool              TakeLine(const string text,const int line,bool &in_client);
   bool              TakeAgent(const string name,const string value,const int line);
   bool              TakeClient(const string name,const string value,const int line);
   bool              Whole(const string value,const int low,const int high,const string name,const int line,int &number);
   static bool       Decimal(const string value,double &number);
   static string     Trim(const string text);
   static bool       Key(const string text,uchar &key[]);
public:
   string            id;
   string            host;
   int               command_port;
   int               events_port;
   int               sync_port;
   string            broker_zone;
   double            max_volume_lots;
   int               commands_per_second;
   int               requests_per_second;
   int               journal_max_entries;
   int               journal_retention_hours;
   int               timer_ms;
   int               slice_ms;
   uchar             secret[];
                     CSettings(void);
   bool              Load(const string file);
   string            Fault(void) const { return(m_fault); }
   int               Clients(void) const { return(m_clients); }
   bool              Trades(const int client) const { return(m_trades[client]); }
   string            ClientName(const int client) const { return(m_names[client]); }
   bool              ClientKey(const int client,uchar &key[]) const;
   void              Forget(void);
  };
//+------------------------------------------------------------------+
//| What holds unless the file says otherwise                      |
//+------------------------------------------------------------------+
CSettings::CSettings(void)
  {
   m_fault="";
   m_clients=0;
   id="main";
   host="127.0.0.1";
   command_port=5555;
   events_port=5556;
   sync_port=5557;
   broker_zone="";
   max_volume_lots=0.0;
   commands_per_second=20000;
   requests_per_second=2000;
   journal_max_entries=200000;
   journal_retention_hours=168;
   timer_ms=1;
   slice_ms=10;
   for(int i=0; i<SETTINGS_CLIENTS_MAX; i++)
     {
      m_names[i]="";
      m_trades[i]=true;
     }
  }
//+------------------------------------------------------------------+
//| Keeps the first fault                                          |
//+------------------------------------------------------------------+
bool CSettings::Refuse(const string fault)
  {
   if(m_fault=="")
      m_fault=fault;
   return(false);
  }
//+------------------------------------------------------------------+
//| Without blanks at both ends                                    |
//+------------------------------------------------------------------+
static string CSettings::Trim(const string text)
  {
   int from=0;
   int to=StringLen(text);
   while(from<to && (int)StringGetCharacter(text,from)<=32)
      from++;
   while(to>from && (int)StringGetCharacter(text,to-1)<=32)
      to--;
   if(to<=from)
      return("");
   return(StringSubstr(text,from,to-from));
  }
//+------------------------------------------------------------------+
//| A key of 32 bytes in base64, Z85 or hex                        |
//+------------------------------------------------------------------+
static bool CSettings::Key(const string text,uchar &key[])
  {
   int  length=StringLen(text);
   bool good=false;
   if(length==40)
      good=CZ85::Decode(text,key);
   if(length==43)
      good=CBase64::Decode(text+"=",key);
   if(length==44)
      good=CBase64::Decode(text,key);
   if(length==64)
      good=CBytes::FromHex(text,key);
   return(good && ArraySize(key)==32 && !CBytes::IsZero(key,0,32));
  }
//+------------------------------------------------------------------+
//| A whole number between two bounds                              |
//+------------------------------------------------------------------+
bool CSettings::Whole(const string value,const int low,const int high,const string name,const int line,int &number)
  {
   long parsed=0;
   uchar digits[];
   int count=CUtf8::Encode(value,digits);
   if(count<1 || !CNumber::ParseLong(digits,0,count,parsed) || parsed<low || parsed>high)
      return(Refuse("line "+(string)line+": "+name+" must be a whole number from "+(string)low+" to "+(string)high));
   number=(int)parsed;
   return(true);
  }
//+------------------------------------------------------------------+
//| Digits, perhaps with a point between: a limit that is misread as 0 would be no limit|
//+------------------------------------------------------------------+
static bool CSettings::Decimal(const string value,double &number)
  {
   uchar digits[];
   int   length=StringLen(value);
   int   points=0;
   for(int i=0; i<length; i++)
     {
      int unit=(int)StringGetCharacter(value,i);
      if(unit=='.' && i>0 && i+1<length)
         points++;
      else
         if(unit<'0' || unit>'9')
            return(false);
     }
   return(length<=16 && points<=1 && CUtf8::Encode(value,digits)>0 && CNumber::ParseDouble(digits,0,length,number));
  }
//+------------------------------------------------------------------+
//| A setting of the agent itself                                  |
//+------------------------------------------------------------------+
bool CSettings::TakeAgent(const string name,const string value,const int line)
  {
   if(name=="id" || name=="host" || name=="broker_zone")
     {
      if(name=="id")
         id=value;
      if(name=="host")
         host=value;
      if(name=="broker_zone")
         broker_zone=value;
      return(true);
     }
   if(name=="command_port")
      return(Whole(value,0,65535,name,line,command_port));
   if(name=="events_port")
      return(Whole(value,0,65535,name,line,events_port));
   if(name=="sync_port")
      return(Whole(value,0,65535,name,line,sync_port));
   if(name=="commands_per_second")
      return(Whole(value,1,1000000,name,line,commands_per_second));
   if(name=="requests_per_second")
      return(Whole(value,1,1000000,name,line,requests_per_second));
   if(name=="journal_max_entries")
      return(Whole(value,1000,1000000,name,line,journal_max_entries));
   if(name=="journal_retention_hours")
      return(Whole(value,24,8760,name,line,journal_retention_hours));
   if(name=="timer_ms")
      return(Whole(value,1,1000,name,line,timer_ms));
   if(name=="slice_ms")
      return(Whole(value,1,100,name,line,slice_ms));
   if(name=="max_volume_lots")
     {
      if(!Decimal(value,max_volume_lots))
         return(Refuse("line "+(string)line+": max_volume_lots must be a number such as 1.5, 0 for none"));
      return(true);
     }
   if(name=="secret_key")
     {
      if(!Key(value,secret))
         return(Refuse("line "+(string)line+": secret_key must be a key of 32 bytes in base64, Z85 or hex"));
      return(true);
     }
   return(Refuse("line "+(string)line+": unknown setting of [agent]"));
  }
//+------------------------------------------------------------------+
//| A setting of the client at hand                                |
//+------------------------------------------------------------------+
bool CSettings::TakeClient(const string name,const string value,const int line)
  {
   uchar key[];
   int   client=m_clients-1;
   if(name=="name")
     {
      m_names[client]=value;
      return(true);
     }
   if(name=="role")
     {
      if(value!="trade" && value!="read")
         return(Refuse("line "+(string)line+": role must be trade or read"));
      m_trades[client]=value=="trade";
      return(true);
     }
   if(name!="key")
      return(Refuse("line "+(string)line+": unknown setting of [client]"));
   if(!Key(value,key))
      return(Refuse("line "+(string)line+": key must be a public key of 32 bytes in base64, Z85 or hex"));
   for(int i=0; i<client; i++)
      if(CBytes::Equal(m_keys,i*32,key,0,32))
         return(Refuse("line "+(string)line+": this client is listed twice"));
   ArrayCopy(m_keys,key,client*32,0,32);
   return(true);
  }
//+------------------------------------------------------------------+
//| One line: a section, a setting, a comment or nothing           |
//+------------------------------------------------------------------+
bool CSettings::TakeLine(const string text,const int line,bool &in_client)
  {
   string content=Trim(text);
   if(content=="" || StringSubstr(content,0,1)==";" || StringSubstr(content,0,1)=="#")
      return(true);
   if(content=="[agent]")
     {
      in_client=false;
      return(true);
     }
   if(content=="[client]")
     {
      in_client=true;
      if(m_clients>=SETTINGS_CLIENTS_MAX || !CBytes::Resize(m_keys,(m_clients+1)*32))
         return(Refuse("line "+(string)line+": too many clients"));
      ArrayFill(m_keys,m_clients*32,32,0);
      m_clients++;
      return(true);
     }
   int equals=StringFind(content,"=");
   if(equals<1)
      return(Refuse("line "+(string)line+": neither a section nor name=value"));
   string name=Trim(StringSubstr(content,0,equals));
   string value="";
   if(equals+1<StringLen(content))
      value=Trim(StringSubstr(content,equals+1));
   if(in_client)
      return(TakeClient(name,value,line));
   return(TakeAgent(name,value,line));
  }
//+------------------------------------------------------------------+
//| Reads a file of the folder MQL5/Files                          |
//+------------------------------------------------------------------+
bool CSettings::Load(const string file)
  {
   uchar  bytes[];
   string text="";
   bool   in_client=false;
   int    handle=FileOpen(file,FILE_READ|FILE_BIN|FILE_SHARE_READ);
   if(handle==INVALID_HANDLE)
      return(Refuse("the file cannot be opened (error "+(string)GetLastError()+"); create it in MQL5\\Files"));
   int size=(int)FileSize(handle);
   if(size<1 || size>SETTINGS_BYTES_MAX || !CBytes::Resize(bytes,size) || FileReadArray(handle,bytes,0,size)!=(uint)size)
      size=0;
   FileClose(handle);
   if(size==0 || !CUtf8::Decode(bytes,0,size,text))
      return(Refuse("the file is empty, too large or not UTF-8"));
   int at=0;
   int line=0;
   int length=StringLen(text);
   //--- editors on Windows begin a file with a byte order mark
   if((int)StringGetCharacter(text,0)==0xFEFF)
      at=1;
   while(at<length)
     {
      int end=StringFind(text,"\n",at);
      if(end<0)
         end=length;
      line++;
      string content="";
      if(end>at)
         content=StringSubstr(text,at,end-at);
      if(!TakeLine(content,line,in_client))
         return(false);
      at=end+1;
     }
   CBytes::Wipe(bytes);
   if(ArraySize(secret)!=32)
      return(Refuse("secret_key is missing in [agent]"));
   if(m_clients==0)
      return(Refuse("there is no [client]; add one with the public key of your connector"));
   for(int i=0; i<m_clients; i++)
      if(CBytes::IsZero(m_keys,i*32,32))
         return(Refuse("a [client] has no key"));
   return(true);
  }
//+------------------------------------------------------------------+
//| A client's public key                                          |
//+------------------------------------------------------------------+
bool CSettings::ClientKey(const int client,uchar &key[]) const
  {
   if(!CBytes::Resize(key,32))
      return(false);
   ArrayCopy(key,m_keys,0,client*32,32);
   return(true);
  }
//+------------------------------------------------------------------+
//| Overwrites the secret                                          |
//+------------------------------------------------------------------+
void CSettings::Forget(void)
  {
   CBytes::Wipe(secret);
  }
#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//|                                                   JsonReader.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_JSON_JSONREADER_MQH
#define MT5CONNECTOR_JSON_JSONREADER_MQH
#include <MT5Connector/Json/Number.mqh>

#define JSON_DEPTH_MAX 32
#define JSON_NODES_MAX 65536

enum ENUM_JSON_KIND
  {
   JSON_NULL=0,
   JSON_FALSE=1,
   JSON_TRUE=2,
   JSON_NUMBER=3,
   JSON_TEXT=4,
   JSON_LIST=5,
   JSON_OBJECT=6
  };

//+------------------------------------------------------------------+
//| One value: where it stands in the text, and what follows it      |
//+------------------------------------------------------------------+
struct SJsonNode
  {
   ENUM_JSON_KIND    kind;
   int               start;
   int               length;
   int               first;
   int               next;
   int               name_start;
   int               name_length;
   int               count;
  };

//+------------------------------------------------------------------+
//| A strict reader (RFC 8259): bounded depth, valid UTF-8, no name twice in an object|
//+------------------------------------------------------------------+
class CJsonReader
  {
private:
   uchar             m_text[];
   SJsonNode         m_nodes[];
   int               m_count;
   int               m_at;
   int               m_size;
   string            m_fault;
   bool              Refuse(const string fault);
   void              SkipSpace(void);
   int               AddNode(const ENUM_JSON_KIND kind,const int start);
   bool              ParseValue(const int depth,int &node);
   bool              ParseWord(const string word,const ENUM_JSON_KIND kind,int &node);
   bool              ParseNumber(int &node);
   bool              ParseText(int &start,int &length);
   bool              ParseContainer(const int depth,const bool is_object,int &node);
   bool              KnownName(const int object,const int start,const int length);
   bool              HasEscape(const int start,const int length) const;
   bool              Unescape(const int start,const int length,string &text) const;
   int               Hex(const int at) const;
   int               Peek(void) const;
public:
                     CJsonReader(void);
   bool              Parse(const uchar &text[]);
   string            Fault(void) const { return(m_fault); }
   int               Root(void) const { return(0); }
   ENUM_JSON_KIND    Kind(const int node) const { return(m_nodes[node].kind); }
   int               Count(const int node) const { return(m_nodes[node].count); }
   int               First(const int node) const { return(m_nodes[node].first); }
   int               Next(const int node) const { return(m_nodes[node].next); }
   bool              Name(const int node,string &name) const;
   int               Find(const int object,const string name) const;
   bool              GetText(const int node,string &value) const;
   bool              GetDouble(const int node,double &value) const;
   bool              GetLong(const int node,long &value) const;
   bool              GetUlong(const int node,ulong &value) const;
   bool              GetBool(const int node,bool &value) const;
   bool              GetRaw(const int node,string &json) const;
  };
//+------------------------------------------------------------------+
//| Nothing is read yet                                              |
//+------------------------------------------------------------------+
CJsonReader::CJsonReader(void)
  {
   m_count=0;
   m_at=0;
   m_size=0;
   m_fault="nothing read";
  }
//+------------------------------------------------------------------+
//| Remembers the first fault                                        |
//+------------------------------------------------------------------+
bool CJsonReader::Refuse(const string fault)
  {
   if(m_fault=="")
      m_fault=fault+" at byte "+(string)m_at;
   return(false);
  }
//+------------------------------------------------------------------+
//| The byte at hand, or -1                                          |
//+------------------------------------------------------------------+
int CJsonReader::Peek(void) const
  {
   if(m_at<m_size)
      return((int)m_text[m_at]);
   return(-1);
  }
//+------------------------------------------------------------------+
//| White space between tokens                                       |
//+------------------------------------------------------------------+
void CJsonReader::SkipSpace(void)
  {
   while(m_at<m_size)
     {
      int unit=(int)m_text[m_at];
      if(unit!=' ' && unit!='\t' && unit!='\r' && unit!='\n')
         return;
      m_at++;
     }
  }
//+------------------------------------------------------------------+
//| A new node, or -1 at the limit                                   |
//+------------------------------------------------------------------+
int CJsonReader::AddNode(const ENUM_JSON_KIND kind,const int start)
  {
   if(m_count>=JSON_NODES_MAX || ArrayResize(m_nodes,m_count+1,256)!=m_count+1)
      return(-1);
   m_nodes[m_count].kind=kind;
   m_nodes[m_count].start=start;
   m_nodes[m_count].length=0;
   m_nodes[m_count].first=-1;
   m_nodes[m_count].next=-1;
   m_nodes[m_count].name_start=0;
   m_nodes[m_count].name_length=-1;
   m_nodes[m_count].count=0;
   m_count++;
   return(m_count-1);
  }
//+------------------------------------------------------------------+
//| Reads one document                                               |
//+------------------------------------------------------------------+
bool CJsonReader::Parse(const uchar &text[])
  {
   int root=-1;
   m_count=0;
   m_at=0;
   m_fault="";
   m_size=ArraySize(text);
   if(!CBytes::Resize(m_text,m_size))
      return(Refuse("out of memory"));
   ArrayCopy(m_text,text,0,0,m_size);
   if(!CUtf8::Valid(m_text,0,m_size))
      return(Refuse("malformed UTF-8"));
   if(!ParseValue(0,root))
      return(false);
   SkipSpace();
   if(m_at!=m_size)
      return(Refuse("text behind the value"));
   return(true);
  }
//+------------------------------------------------------------------+
//| Any value                                                        |
//+------------------------------------------------------------------+
bool CJsonReader::ParseValue(const int depth,int &node)
  {
   int start=0;
   int length=0;
   SkipSpace();
   int unit=Peek();
   if(unit=='{')
      return(ParseContainer(depth,true,node));
   if(unit=='[')
      return(ParseContainer(depth,false,node));
   if(unit=='t')
      return(ParseWord("true",JSON_TRUE,node));
   if(unit=='f')
      return(ParseWord("false",JSON_FALSE,node));
   if(unit=='n')
      return(ParseWord("null",JSON_NULL,node));
   if(unit!='"')
      return(ParseNumber(node));
   if(!ParseText(start,length))
      return(false);
   node=AddNode(JSON_TEXT,start);
   if(node<0)
      return(Refuse("too many values"));
   m_nodes[node].length=length;
   return(true);
  }
//+------------------------------------------------------------------+
//| true, false or null                                              |
//+------------------------------------------------------------------+
bool CJsonReader::ParseWord(const string word,const ENUM_JSON_KIND kind,int &node)
  {
   int length=StringLen(word);
   for(int i=0; i<length; i++)
      if(m_at+i>=m_size || (int)m_text[m_at+i]!=(int)StringGetCharacter(word,i))
         return(Refuse("unknown word"));
   node=AddNode(kind,m_at);
   if(node<0)
      return(Refuse("too many values"));
   m_nodes[node].length=length;
   m_at+=length;
   return(true);
  }
//+------------------------------------------------------------------+
//| A number by section 6 of the RFC                                 |
//+------------------------------------------------------------------+
bool CJsonReader::ParseNumber(int &node)
  {
   int start=m_at;
   int digits=0;
   if(Peek()=='-')
      m_at++;
   bool zero=Peek()=='0';
   while(Peek()>='0' && Peek()<='9')
     {
      m_at++;
      digits++;
     }
   if(digits==0 || (zero && digits>1))
      return(Refuse("malformed number"));
   if(Peek()=='.')
     {
      m_at++;
      digits=0;
      while(Peek()>='0' && Peek()<='9')
        {
         m_at++;
         digits++;
        }
      if(digits==0)
         return(Refuse("malformed number"));
     }
   if(Peek()=='e' || Peek()=='E')
     {
      m_at++;
      digits=0;
      if(Peek()=='+' || Peek()=='-')
         m_at++;
      while(Peek()>='0' && Peek()<='9')
        {
         m_at++;
         digits++;
        }
      if(digits==0)
         return(Refuse("malformed number"));
     }
   if(m_at-start>NUMBER_LENGTH_MAX)
      return(Refuse("number too long"));
   node=AddNode(JSON_NUMBER,start);
   if(node<0)
      return(Refuse("too many values"));
   m_nodes[node].length=m_at-start;
   return(true);
  }
//+------------------------------------------------------------------+
//| A string literal: where its inside stands                        |
//+------------------------------------------------------------------+
bool CJsonReader::ParseText(int &start,int &length)
  {
   m_at++;
   start=m_at;
   while(Peek()!='"')
     {
      int unit=Peek();
      if(unit<32)
         return(Refuse("text is not closed or holds a control character"));
      if(unit=='\\')
        {
         m_at++;
         unit=Peek();
         if(unit=='u')
           {
            if(Hex(m_at+1)<0)
               return(Refuse("malformed escape"));
            m_at+=4;
           }
         else
            if(unit!='"' && unit!='\\' && unit!='/' && unit!='b' && unit!='f' && unit!='n' && unit!='r' && unit!='t')
               return(Refuse("unknown escape"));
        }
      m_at++;
     }
   length=m_at-start;
   m_at++;
   return(true);
  }
//+------------------------------------------------------------------+
//| Four hexadecimal digits as a number, or -1                       |
//+------------------------------------------------------------------+
int CJsonReader::Hex(const int at) const
  {
   int value=0;
   if(at+4>m_size)
      return(-1);
   for(int i=0; i<4; i++)
     {
      int unit=(int)m_text[at+i];
      int digit=-1;
      if(unit>='0' && unit<='9')
         digit=unit-'0';
      if(unit>='a' && unit<='f')
         digit=unit-'a'+10;
      if(unit>='A' && unit<='F')
         digit=unit-'A'+10;
      if(digit<0)
         return(-1);
      value=value*16+digit;
     }
   return(value);
  }
//+------------------------------------------------------------------+
//| An object or a list                                              |
//+------------------------------------------------------------------+
bool CJsonReader::ParseContainer(const int depth,const bool is_object,int &node)
  {
   int last=-1;
   int close=']';
   int start=m_at;
   if(is_object)
      close='}';
   if(depth>=JSON_DEPTH_MAX)
      return(Refuse("nested too deeply"));
   if(is_object)
      node=AddNode(JSON_OBJECT,start);
   else
      node=AddNode(JSON_LIST,start);
   if(node<0)
      return(Refuse("too many values"));
   m_at++;
   SkipSpace();
   while(Peek()!=close)
     {
      int child=-1;
      int name_start=0;
      int name_length=-1;
      if(last>=0)
        {
         if(Peek()!=',')
            return(Refuse("comma expected"));
         m_at++;
         SkipSpace();
        }
      if(is_object)
        {
         if(Peek()!='"')
            return(Refuse("name expected"));
         if(!ParseText(name_start,name_length))
            return(false);
         if(KnownName(node,name_start,name_length))
            return(Refuse("name stands twice"));
         SkipSpace();
         if(Peek()!=':')
            return(Refuse("colon expected"));
         m_at++;
        }
      if(!ParseValue(depth+1,child))
         return(false);
      m_nodes[child].name_start=name_start;
      m_nodes[child].name_length=name_length;
      if(last<0)
         m_nodes[node].first=child;
      else
         m_nodes[last].next=child;
      last=child;
      m_nodes[node].count++;
      SkipSpace();
     }
   m_at++;
   m_nodes[node].length=m_at-start;
   return(true);
  }
//+------------------------------------------------------------------+
//| Tells whether a member of that name is there already, however it is written|
//+------------------------------------------------------------------+
bool CJsonReader::KnownName(const int object,const int start,const int length)
  {
   string name;
   string own;
   bool   escaped=HasEscape(start,length);
   if(!Unescape(start,length,name))
      return(false);
   for(int child=m_nodes[object].first; child>=0; child=m_nodes[child].next)
     {
      if(m_nodes[child].name_length==length && CBytes::Equal(m_text,m_nodes[child].name_start,m_text,start,length))
         return(true);
      if((escaped || HasEscape(m_nodes[child].name_start,m_nodes[child].name_length)) && Name(child,own) && own==name)
         return(true);
     }
   return(false);
  }
//+------------------------------------------------------------------+
//| Tells whether there is a backslash                               |
//+------------------------------------------------------------------+
bool CJsonReader::HasEscape(const int start,const int length) const
  {
   for(int i=start; i<start+length; i++)
      if((int)m_text[i]=='\\')
         return(true);
   return(false);
  }
//+------------------------------------------------------------------+
//| The text behind the escapes; false for U+0000 and for unpaired surrogates|
//+------------------------------------------------------------------+
bool CJsonReader::Unescape(const int start,const int length,string &text) const
  {
   int from=start;
   int end=start+length;
   int i=start;
   string part;
   text="";
   while(i<end)
     {
      if((int)m_text[i]!='\\')
        {
         i++;
         continue;
        }
      if(!CUtf8::Decode(m_text,from,i-from,part))
         return(false);
      text+=part;
      int unit=(int)m_text[i+1];
      int code=unit;
      i+=2;
      if(unit=='n')
         code='\n';
      if(unit=='r')
         code='\r';
      if(unit=='t')
         code='\t';
      if(unit=='b')
         code=8;
      if(unit=='f')
         code=12;
      if(unit=='u')
        {
         code=Hex(i);
         i+=4;
         if(code==0 || (code>=0xDC00 && code<=0xDFFF))
            return(false);
         if(code>=0xD800 && code<=0xDBFF)
           {
            if(i+6>end || (int)m_text[i]!='\\' || (int)m_text[i+1]!='u')
               return(false);
            int low=Hex(i+2);
            if(low<0xDC00 || low>0xDFFF)
               return(false);
            text+=ShortToString((ushort)code);
            code=low;
            i+=6;
           }
        }
      text+=ShortToString((ushort)code);
      from=i;
     }
   if(!CUtf8::Decode(m_text,from,end-from,part))
      return(false);
   text+=part;
   return(true);
  }
//+------------------------------------------------------------------+
//| The name of a member                                             |
//+------------------------------------------------------------------+
bool CJsonReader::Name(const int node,string &name) const
  {
   name="";
   if(m_nodes[node].name_length<0)
      return(false);
   return(Unescape(m_nodes[node].name_start,m_nodes[node].name_length,name));
  }
//+------------------------------------------------------------------+
//| The member of that name, or -1                                   |
//+------------------------------------------------------------------+
int CJsonReader::Find(const int object,const string name) const
  {
   string own;
   if(object<0 || m_nodes[object].kind!=JSON_OBJECT)
      return(-1);
   for(int child=m_nodes[object].first; child>=0; child=m_nodes[child].next)
      if(Name(child,own) && own==name)
         return(child);
   return(-1);
  }
//+------------------------------------------------------------------+
//| A string's value                                                 |
//+------------------------------------------------------------------+
bool CJsonReader::GetText(const int node,string &value) const
  {
   value="";
   if(node<0 || m_nodes[node].kind!=JSON_TEXT)
      return(false);
   return(Unescape(m_nodes[node].start,m_nodes[node].length,value));
  }
//+------------------------------------------------------------------+
//| A number's value                                                 |
//+------------------------------------------------------------------+
bool CJsonReader::GetDouble(const int node,double &value) const
  {
   value=0.0;
   if(node<0 || m_nodes[node].kind!=JSON_NUMBER)
      return(false);
   return(CNumber::ParseDouble(m_text,m_nodes[node].start,m_nodes[node].length,value));
  }
//+------------------------------------------------------------------+
//| An integer, as a number or as a string of digits                 |
//+------------------------------------------------------------------+
bool CJsonReader::GetLong(const int node,long &value) const
  {
   value=0;
   if(node<0 || (m_nodes[node].kind!=JSON_NUMBER && m_nodes[node].kind!=JSON_TEXT))
      return(false);
   return(CNumber::ParseLong(m_text,m_nodes[node].start,m_nodes[node].length,value));
  }
//+------------------------------------------------------------------+
//| An integer without a sign, as a number or as a string of digits  |
//+------------------------------------------------------------------+
bool CJsonReader::GetUlong(const int node,ulong &value) const
  {
   value=0;
   if(node<0 || (m_nodes[node].kind!=JSON_NUMBER && m_nodes[node].kind!=JSON_TEXT))
      return(false);
   return(CNumber::ParseUlong(m_text,m_nodes[node].start,m_nodes[node].length,value));
  }
//+------------------------------------------------------------------+
//| true or false                                                    |
//+------------------------------------------------------------------+
bool CJsonReader::GetBool(const int node,bool &value) const
  {
   value=false;
   if(node<0 || (m_nodes[node].kind!=JSON_TRUE && m_nodes[node].kind!=JSON_FALSE))
      return(false);
   value=m_nodes[node].kind==JSON_TRUE;
   return(true);
  }
//+------------------------------------------------------------------+
//| A value as it stands in the text                                 |
//+------------------------------------------------------------------+
bool CJsonReader::GetRaw(const int node,string &json) const
  {
   json="";
   if(node<0)
      return(false);
   if(m_nodes[node].kind==JSON_TEXT)
      return(CUtf8::Decode(m_text,m_nodes[node].start-1,m_nodes[node].length+2,json));
   return(CUtf8::Decode(m_text,m_nodes[node].start,m_nodes[node].length,json));
  }
#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//|                                                   JsonWriter.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_JSON_JSONWRITER_MQH
#define MT5CONNECTOR_JSON_JSONWRITER_MQH
#include <MT5Connector/Json/Number.mqh>

//+------------------------------------------------------------------+
//| Writes JSON; a mistake in nesting or a number that is not finite spoils the document|
//+------------------------------------------------------------------+
class CJsonWriter
  {
private:
   uchar             m_text[];
   int               m_size;
   int               m_depth;
   bool              m_first;
   bool              m_after_name;
   bool              m_spoilt;
   void              PutByte(const int value);
   void              PutAscii(const string text);
   void              Separate(void);
   void              PutQuoted(const string text);
   void              Open(const int bracket);
   void              Close(const int bracket);
public:
                     CJsonWriter(void);
   void              Reset(void);
   void              BeginObject(void) { Open('{'); }
   void              EndObject(void) { Close('}'); }
   void              BeginList(void) { Open('['); }
   void              EndList(void) { Close(']'); }
   void              Name(const string name);
   void              Text(const string value);
   void              Double(const double value);
   void              Long(const long value);
   void              Ulong(const ulong value);
   void              UlongText(const ulong value);
   void              LongText(const long value);
   void              Bool(const bool value);
   void              Null(void);
   void              Raw(const string json);
   bool              Finish(uchar &text[]);
   string            Whole(void);
  };
//+------------------------------------------------------------------+
//| An empty document                                                |
//+------------------------------------------------------------------+
CJsonWriter::CJsonWriter(void)
  {
   Reset();
  }
//+------------------------------------------------------------------+
//| Starts again                                                     |
//+------------------------------------------------------------------+
void CJsonWriter::Reset(void)
  {
   m_size=0;
   m_depth=0;
   m_first=true;
   m_after_name=false;
   m_spoilt=false;
  }
//+------------------------------------------------------------------+
//| One byte more                                                    |
//+------------------------------------------------------------------+
void CJsonWriter::PutByte(const int value)
  {
   if(m_size>=ArraySize(m_text) && !CBytes::Resize(m_text,m_size*2+256))
     {
      m_spoilt=true;
      return;
     }
   m_text[m_size]=(uchar)value;
   m_size++;
  }
//+------------------------------------------------------------------+
//| ASCII as it is                                                   |
//+------------------------------------------------------------------+
void CJsonWriter::PutAscii(const string text)
  {
   int length=StringLen(text);
   for(int i=0; i<length; i++)
      PutByte((int)StringGetCharacter(text,i));
  }
//+------------------------------------------------------------------+
//| A comma where one belongs                                        |
//+------------------------------------------------------------------+
void CJsonWriter::Separate(void)
  {
   if(!m_after_name && !m_first)
      PutByte(',');
   m_first=false;
   m_after_name=false;
  }
//+------------------------------------------------------------------+
//| A string literal; MQL5's strings hold no zero                    |
//+------------------------------------------------------------------+
void CJsonWriter::PutQuoted(const string text)
  {
   uchar bytes[];
   int   count=CUtf8::Encode(text,bytes);
   PutByte('"');
   for(int i=0; i<count; i++)
     {
      int unit=(int)bytes[i];
      if(unit=='"' || unit=='\\')
        {
         PutByte('\\');
         PutByte(unit);
        }
      else
         if(unit<32)
            PutAscii(StringFormat("\\u%04x",unit));
         else
            PutByte(unit);
     }
   PutByte('"');
   if(count<0)
      m_spoilt=true;
  }
//+------------------------------------------------------------------+
//| Opens an object or a list                                        |
//+------------------------------------------------------------------+
void CJsonWriter::Open(const int bracket)
  {
   Separate();
   PutByte(bracket);
   m_depth++;
   m_first=true;
  }
//+------------------------------------------------------------------+
//| Closes an object or a list                                       |
//+------------------------------------------------------------------+
void CJsonWriter::Close(const int bracket)
  {
   if(m_depth==0 || m_after_name)
      m_spoilt=true;
   PutByte(bracket);
   m_depth--;
   m_first=false;
  }
//+------------------------------------------------------------------+
//| The name of the next value                                       |
//+------------------------------------------------------------------+
void CJsonWriter::Name(const string name)
  {
   if(m_after_name || m_depth==0)
      m_spoilt=true;
   Separate();
   PutQuoted(name);
   PutByte(':');
   m_after_name=true;
  }
//+------------------------------------------------------------------+
//| A string                                                         |
//+------------------------------------------------------------------+
void CJsonWriter::Text(const string value)
  {
   Separate();
   PutQuoted(value);
  }
//+------------------------------------------------------------------+
//| A number that reads back as the same                             |
//+------------------------------------------------------------------+
void CJsonWriter::Double(const double value)
  {
   string text;
   Separate();
   if(!CNumber::DoubleText(value,text))
      m_spoilt=true;
   PutAscii(text);
  }
//+------------------------------------------------------------------+
//| An integer as a number                                           |
//+------------------------------------------------------------------+
void CJsonWriter::Long(const long value)
  {
   Separate();
   PutAscii(StringFormat("%I64d",value));
  }
//+------------------------------------------------------------------+
//| An integer as a number                                           |
//+------------------------------------------------------------------+
void CJsonWriter::Ulong(const ulong value)
  {
   Separate();
   PutAscii(StringFormat("%I64u",value));
  }
//+------------------------------------------------------------------+
//| An integer as a string of digits                                 |
//+------------------------------------------------------------------+
void CJsonWriter::UlongText(const ulong value)
  {
   Separate();
   PutAscii("\""+StringFormat("%I64u",value)+"\"");
  }
//+------------------------------------------------------------------+
//| An integer as a string of digits                                 |
//+------------------------------------------------------------------+
void CJsonWriter::LongText(const long value)
  {
   Separate();
   PutAscii("\""+StringFormat("%I64d",value)+"\"");
  }
//+------------------------------------------------------------------+
//| true or false                                                    |
//+------------------------------------------------------------------+
void CJsonWriter::Bool(const bool value)
  {
   Separate();
   if(value)
      PutAscii("true");
   else
      PutAscii("false");
  }
//+------------------------------------------------------------------+
//| null                                                             |
//+------------------------------------------------------------------+
void CJsonWriter::Null(void)
  {
   Separate();
   PutAscii("null");
  }
//+------------------------------------------------------------------+
//| A value that is JSON already                                     |
//+------------------------------------------------------------------+
void CJsonWriter::Raw(const string json)
  {
   uchar bytes[];
   int   count=CUtf8::Encode(json,bytes);
   Separate();
   if(count<1)
      m_spoilt=true;
   for(int i=0; i<count; i++)
      PutByte((int)bytes[i]);
  }
//+------------------------------------------------------------------+
//| Gives the document; false if it is spoilt or not closed          |
//+------------------------------------------------------------------+
bool CJsonWriter::Finish(uchar &text[])
  {
   if(m_spoilt || m_depth!=0 || m_after_name || m_size==0 || !CBytes::Resize(text,m_size))
      return(false);
   ArrayCopy(text,m_text,0,0,m_size);
   return(true);
  }
//+------------------------------------------------------------------+
//| Gives the document as text; empty if it is spoilt                |
//+------------------------------------------------------------------+
string CJsonWriter::Whole(void)
  {
   uchar  bytes[];
   string text="";
   if(!Finish(bytes) || !CUtf8::Decode(bytes,0,ArraySize(bytes),text))
      return("");
   return(text);
  }
#endif
//+------------------------------------------------------------------+

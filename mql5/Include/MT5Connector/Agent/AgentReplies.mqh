//+------------------------------------------------------------------+
//|                                                 AgentReplies.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTREPLIES_MQH
#define MT5CONNECTOR_AGENT_AGENTREPLIES_MQH
#include <MT5Connector/Agent/AgentCommands.mqh>

//+------------------------------------------------------------------+
//| Replies of the sync channel, and readers of its arguments (docs/protocol.md, 4)|
//+------------------------------------------------------------------+
class CAgentReplies : public CAgentCommands
  {
protected:
   CJsonReader       m_reader;
   CJsonWriter       m_json;
   CZmtpMessage      m_answer;
   uchar             m_bulk[];
   string            m_rid;
   int               m_client;
   int               m_session;
   int               m_args;
   bool              m_hurt;
   void              Reply(const bool with_bulk);
   void              BeginResult(const long seq);
   void              EndResult(const bool with_bulk);
   void              BeginRefusal(const string code,const string message);
   void              Refuse(const string code,const string message);
   void              RefuseSymbol(const string symbol);
   bool              Whole(const int object,const string name,const long low,long &value) const;
   bool              Label(const int object,const string name,string &value) const;
   bool              Optional(const string name,string &value,bool &given);
   bool              Symbols(const string name,string &symbols[],bool &given);
public:
                     CAgentReplies(void);
  };
//+------------------------------------------------------------------+
//| Nobody asks                                                    |
//+------------------------------------------------------------------+
CAgentReplies::CAgentReplies(void)
  {
   m_rid="";
   m_client=-1;
   m_session=-1;
   m_args=-1;
   m_hurt=false;
  }
//+------------------------------------------------------------------+
//| Sends the reply that stands in m_json                          |
//+------------------------------------------------------------------+
void CAgentReplies::Reply(const bool with_bulk)
  {
   uchar body[];
   if(!m_json.Finish(body) || ArraySize(body)>AGENT_REPLY_BYTES)
     {
      if(!m_hurt)
        {
         m_hurt=true;
         Refuse("INTERNAL","Cannot answer: the reply cannot be written or is too large");
        }
      return;
     }
   if(!m_answer.AddWhole(body) || (with_bulk && !m_answer.AddWhole(m_bulk)) || !m_router.Send(m_network,m_answer))
      m_undelivered++;
  }
//+------------------------------------------------------------------+
//| The head of a reply, up to its result                          |
//+------------------------------------------------------------------+
void CAgentReplies::BeginResult(const long seq)
  {
   m_json.Reset();
   m_json.BeginObject();
   CRecordWriter::Integer(m_json,"v",1);
   CRecordWriter::Word(m_json,"rid",m_rid);
   CRecordWriter::Flag(m_json,"ok",true);
   CRecordWriter::Integer(m_json,"epoch",m_journal.Epoch());
   CRecordWriter::Integer(m_json,"seq",seq);
   CRecordWriter::Integer(m_json,"agentMs",m_now);
   m_json.Name("result");
   m_json.BeginObject();
  }
//+------------------------------------------------------------------+
//| Ends and sends a reply                                         |
//+------------------------------------------------------------------+
void CAgentReplies::EndResult(const bool with_bulk)
  {
   m_json.EndObject();
   m_json.EndObject();
   Reply(with_bulk);
  }
//+------------------------------------------------------------------+
//| Refuses a request                                              |
//+------------------------------------------------------------------+
void CAgentReplies::Refuse(const string code,const string message)
  {
   BeginRefusal(code,message);
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| The head of a refusal                                          |
//+------------------------------------------------------------------+
void CAgentReplies::BeginRefusal(const string code,const string message)
  {
   m_refusals.Note(code);
   m_json.Reset();
   m_json.BeginObject();
   CRecordWriter::Integer(m_json,"v",1);
   CRecordWriter::Word(m_json,"rid",m_rid);
   CRecordWriter::Flag(m_json,"ok",false);
   CRecordWriter::Integer(m_json,"epoch",m_journal.Epoch());
   CRecordWriter::Integer(m_json,"seq",m_ledger.Seq());
   CRecordWriter::Integer(m_json,"agentMs",m_now);
   m_json.Name("error");
   m_json.BeginObject();
   CRecordWriter::Word(m_json,"code",code);
   CRecordWriter::Word(m_json,"message",message);
  }
//+------------------------------------------------------------------+
//| Refuses a symbol and names those that differ only by case or suffix|
//+------------------------------------------------------------------+
void CAgentReplies::RefuseSymbol(const string symbol)
  {
   int found=0;
   BeginRefusal("UNKNOWN_SYMBOL","Cannot find symbol \""+symbol+"\": symbols are matched exactly");
   m_json.Name("candidates");
   m_json.BeginList();
   for(int i=0; i<SymbolsTotal(false) && found<16; i++)
     {
      string name=SymbolName(i,false);
      int    own=StringLen(name);
      int    asked=StringLen(symbol);
      int    shorter=own;
      if(asked<shorter)
         shorter=asked;
      if(shorter<1 || (own!=asked && (shorter<4 || own-asked>12 || asked-own>12)))
         continue;
      bool same=true;
      for(int k=0; k<shorter && same; k++)
        {
         int a=(int)StringGetCharacter(name,k);
         int b=(int)StringGetCharacter(symbol,k);
         if(a>='a' && a<='z')
            a-=32;
         if(b>='a' && b<='z')
            b-=32;
         same=a==b;
        }
      if(!same)
         continue;
      m_json.Text(name);
      found++;
     }
   m_json.EndList();
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| A whole number, given as a number                              |
//+------------------------------------------------------------------+
bool CAgentReplies::Whole(const int object,const string name,const long low,long &value) const
  {
   int node=m_reader.Find(object,name);
   return(node>=0 && m_reader.Kind(node)==JSON_NUMBER && m_reader.GetLong(node,value) && value>=low && value<(long)1<<53);
  }
//+------------------------------------------------------------------+
//| A label                                                        |
//+------------------------------------------------------------------+
bool CAgentReplies::Label(const int object,const string name,string &value) const
  {
   return(m_reader.GetText(m_reader.Find(object,name),value) && CNames::IsLabel(value));
  }
//+------------------------------------------------------------------+
//| A plain text that may be left out; false if it is there and wrong|
//+------------------------------------------------------------------+
bool CAgentReplies::Optional(const string name,string &value,bool &given)
  {
   int node=m_reader.Find(m_args,name);
   given=node>=0;
   value="";
   if(!given)
      return(true);
   return(m_reader.GetText(node,value) && StringLen(value)>=1 && StringLen(value)<=64 && CNames::IsPlain(value));
  }
//+------------------------------------------------------------------+
//| A list of symbol names that may be left out                    |
//+------------------------------------------------------------------+
bool CAgentReplies::Symbols(const string name,string &symbols[],bool &given)
  {
   int node=m_reader.Find(m_args,name);
   given=node>=0;
   if(ArrayResize(symbols,0)!=0)
      return(false);
   if(!given)
      return(true);
   if(m_reader.Kind(node)!=JSON_LIST || m_reader.Count(node)>AGENT_SYMBOLS_MAX || ArrayResize(symbols,m_reader.Count(node))<0)
      return(false);
   int i=0;
   for(int child=m_reader.First(node); child>=0; child=m_reader.Next(child))
     {
      if(!m_reader.GetText(child,symbols[i]) || StringLen(symbols[i])<1 || StringLen(symbols[i])>64 || !CNames::IsPlain(symbols[i]))
         return(false);
      i++;
     }
   return(true);
  }
#endif
//+------------------------------------------------------------------+

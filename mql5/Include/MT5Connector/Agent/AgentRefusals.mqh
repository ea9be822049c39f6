//+------------------------------------------------------------------+
//|                                                AgentRefusals.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTREFUSALS_MQH
#define MT5CONNECTOR_AGENT_AGENTREFUSALS_MQH
#include <MT5Connector/Agent/AgentOutcomes.mqh>

//+------------------------------------------------------------------+
//| What can be read of a command, and what is wrong with it       |
//+------------------------------------------------------------------+
struct SCommand
  {
   string            session;
   string            instance;
   string            id;
   long              n;
   long              epoch;
   long              issued_at;
   long              not_after;
   string            intent;
   string            digest;
   string            fault;
   int               client;
   bool              good;
  };

//+------------------------------------------------------------------+
//| Reading and refusing commands, and answers about ids that are known (docs/protocol.md, 6.2 and 6.3)|
//+------------------------------------------------------------------+
class CAgentRefusals : public CAgentOutcomes
  {
private:
   static bool       IsFinal(const string code);
   static bool       ReadLabel(const CJsonReader &reader,const string name,string &value);
   static bool       ReadWhole(const CJsonReader &reader,const string name,const long low,long &value);
protected:
   bool              ReadCommand(const CJsonReader &reader,SCommand &command) const;
   void              AnswerKnown(const SCommand &command,const int slot);
   string            RefusedText(const SCommand &command,const string code,const string reason,const long expected);
   void              RefuseCopy(const SCommand &command,const string code,const string reason,const long expected);
  };
//+------------------------------------------------------------------+
//| A label                                                        |
//+------------------------------------------------------------------+
static bool CAgentRefusals::ReadLabel(const CJsonReader &reader,const string name,string &value)
  {
   if(reader.GetText(reader.Find(0,name),value) && CNames::IsLabel(value))
      return(true);
   value="";
   return(false);
  }
//+------------------------------------------------------------------+
//| A whole number, given as a number                              |
//+------------------------------------------------------------------+
static bool CAgentRefusals::ReadWhole(const CJsonReader &reader,const string name,const long low,long &value)
  {
   int node=reader.Find(0,name);
   if(node>=0 && reader.Kind(node)==JSON_NUMBER && reader.GetLong(node,value) && value>=low && value<(long)1<<53)
      return(true);
   value=0;
   return(false);
  }
//+------------------------------------------------------------------+
//| Reads what names a command, member by member: a faulty one is refused under its name|
//+------------------------------------------------------------------+
bool CAgentRefusals::ReadCommand(const CJsonReader &reader,SCommand &command) const
  {
   uchar  bytes[];
   uchar  digest[];
   string op="";
   long   revision=0;
   command.fault="";
   command.digest="";
   if(!ReadLabel(reader,"session",command.session))
      command.fault="session";
   if(!ReadWhole(reader,"n",1,command.n))
      command.fault="n";
   if(!ReadWhole(reader,"epoch",1,command.epoch))
      command.fault="epoch";
   if(!ReadWhole(reader,"issuedAt",0,command.issued_at))
      command.fault="issuedAt";
   if(!ReadWhole(reader,"notAfter",0,command.not_after))
      command.fault="notAfter";
   if(!ReadLabel(reader,"id",command.id))
      command.fault="id";
   if(!reader.GetText(reader.Find(0,"intent"),command.intent))
      command.fault="intent";
   else
      if(CUtf8::Encode(command.intent,bytes)>0 && CSha256::Digest(bytes,digest))
         command.digest=CBytes::ToHex(digest);
      else
         command.digest="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
   if(!reader.GetText(reader.Find(0,"op"),op) || op!="trade")
      command.fault="op";
   if(!ReadWhole(reader,"v",0,revision) || revision!=1)
      command.fault="v";
   command.good=command.fault=="";
   command.fault="Cannot read the command: \""+command.fault+"\" is missing, of a wrong type or not known";
   return(command.good);
  }
//+------------------------------------------------------------------+
//| Step 4 for an id that the journal knows                        |
//+------------------------------------------------------------------+
void CAgentRefusals::AnswerKnown(const SCommand &command,const int slot)
  {
   bool voided=!m_journal.entries[slot].is_command ||
               (m_journal.entries[slot].state==OUTCOME_VOID && m_journal.entries[slot].digest==command.digest);
   if(voided)
     {
      RefuseCopy(command,"VOID","The id is void",0);
      return;
     }
   if(m_journal.entries[slot].digest!=command.digest)
     {
      RefuseCopy(command,"ID_REUSED","The id names another command",0);
      return;
     }
   int  flight=FindFlight(slot);
   bool unpublished=flight>=0 && m_flights[flight].dealing;
   if(m_journal.entries[slot].state==OUTCOME_PENDING || unpublished || m_now-m_journal.entries[slot].published_ms<AGENT_REPUBLISH_MS)
      return;
   m_journal.entries[slot].published_ms=m_now;
   TellOutcome(m_journal.entries[slot].client,m_journal.entries[slot].outcome);
  }
//+------------------------------------------------------------------+
//| Whether a refusal is for good                                  |
//+------------------------------------------------------------------+
static bool CAgentRefusals::IsFinal(const string code)
  {
   return(code=="EXPIRED" || code=="BAD_REQUEST" || code=="RATE_LIMITED" || code=="LIMIT" || code=="ROLE" || code=="JOURNAL");
  }
//+------------------------------------------------------------------+
//| A refusal in words; one for good is remembered                 |
//+------------------------------------------------------------------+
string CAgentRefusals::RefusedText(const SCommand &command,const string code,const string reason,const long expected)
  {
   CJsonWriter json;
   if(IsFinal(code) && command.epoch==m_journal.Epoch())
      m_refused.Note(m_clients.Hex(command.client)+" "+command.id,code,reason,command.issued_at,m_now);
   m_refusals.Note(code);
   json.BeginObject();
   CRecordWriter::Word(json,"id",command.id);
   CRecordWriter::Word(json,"digest",command.digest);
   CRecordWriter::Word(json,"state","refused");
   CRecordWriter::Word(json,"code",code);
   CRecordWriter::Word(json,"reason",reason);
   CRecordWriter::Word(json,"session",command.session);
   CRecordWriter::Integer(json,"n",command.n);
   CRecordWriter::Integer(json,"epoch",command.epoch);
   CRecordWriter::Integer(json,"issuedAt",command.issued_at);
   CRecordWriter::Integer(json,"notAfter",command.not_after);
   if(expected>0)
      CRecordWriter::Integer(json,"expected",expected);
   json.EndObject();
   return(json.Whole());
  }
//+------------------------------------------------------------------+
//| Refuses a copy: into the ledger if it is for good, as a hint if the connector mends it|
//+------------------------------------------------------------------+
void CAgentRefusals::RefuseCopy(const SCommand &command,const string code,const string reason,const long expected)
  {
   string client=m_clients.Hex(command.client);
   if(command.id=="")
     {
      m_refusals.Note(code);
      return;
     }
   if(IsFinal(code) && command.epoch==m_journal.Epoch() && !m_refused.HasRoom(client+" "+command.id,m_now))
     {
      Hint(client,RefusedText(command,"BUSY","Too many commands have been refused",0));
      return;
     }
   string text=RefusedText(command,code,reason,expected);
   if(code=="COUNTER")
     {
      //--- one hint for each missing counter: thousands may be under way behind it
      int session=m_sessions.Find(command.client,command.session);
      if(session<0 || m_sessions.items[session].hinted_counter==expected)
         return;
      m_sessions.items[session].hinted_counter=expected;
     }
   if(code=="COUNTER" || code=="NO_SESSION" || code=="STALE" || code=="REPLAYED" || code=="BUSY")
      Hint(client,text);
   else
      TellOutcome(client,text);
  }
#endif
//+------------------------------------------------------------------+

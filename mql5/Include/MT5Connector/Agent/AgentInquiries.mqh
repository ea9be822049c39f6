//+------------------------------------------------------------------+
//|                                               AgentInquiries.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTINQUIRIES_MQH
#define MT5CONNECTOR_AGENT_AGENTINQUIRIES_MQH
#include <MT5Connector/Agent/AgentStreams.mqh>

//+------------------------------------------------------------------+
//| What the journal knows of commands (docs/protocol.md, 6.3)     |
//+------------------------------------------------------------------+
class CAgentInquiries : public CAgentStreams
  {
protected:
   void              RunOutcome(void);
   void              RunAck(void);
  };
//+------------------------------------------------------------------+
//| What the journal knows of an id; an unknown one is voided for ever unless it is only peeked at|
//+------------------------------------------------------------------+
void CAgentInquiries::RunOutcome(void)
  {
   string id="";
   bool   peek=false;
   long   epoch=0;
   long   issued_at=0;
   int    peek_node=m_reader.Find(m_args,"peek");
   bool   stamped=m_reader.Find(m_args,"epoch")>=0 && m_reader.Find(m_args,"issuedAt")>=0;
   bool   good=Label(m_args,"id",id) && (peek_node<0 || m_reader.GetBool(peek_node,peek));
   good=good && (m_reader.Find(m_args,"epoch")<0 || Whole(m_args,"epoch",1,epoch));
   good=good && (m_reader.Find(m_args,"issuedAt")<0 || Whole(m_args,"issuedAt",0,issued_at));
   if(!good)
     {
      Refuse("BAD_REQUEST","Cannot read the arguments of outcome");
      return;
     }
   string client=m_clients.Hex(m_client);
   string text="null";
   int    slot=m_journal.Find(client,id);
   if(slot>=0 && (m_journal.entries[slot].is_command || m_journal.entries[slot].durable))
     {
      text=m_journal.entries[slot].outcome;
      if(m_journal.entries[slot].state==OUTCOME_PENDING)
         text=CEntryWriter::Pending(m_journal.entries[slot]);
     }
   else
      if(!peek)
        {
         if(stamped && m_journal.IsBelowFloor(epoch,issued_at))
           {
            SJournalEntry beyond;
            ZeroMemory(beyond);
            beyond.id=id;
            beyond.epoch=epoch;
            CJsonWriter json;
            CEntryWriter::Begin(json,beyond,OUTCOME_UNKNOWN,0,0,"The journal does not reach back to this command");
            json.EndObject();
            text=json.Whole();
           }
         else
           {
            //--- first the tombstone, durably, then the answer
            if(slot>=0 || m_journal.HasRoom(true))
               slot=m_journal.AddTombstone(client,id,m_now);
            if(slot<0 || !m_journal.entries[slot].durable)
              {
               Refuse("JOURNAL","Cannot say what became of the command: the journal cannot be written or has no room");
               return;
              }
            text=m_journal.entries[slot].outcome;
           }
        }
   BeginResult(m_ledger.Seq());
   m_json.Name("outcome");
   m_json.Raw(text);
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| A client has its outcomes                                      |
//+------------------------------------------------------------------+
void CAgentInquiries::RunAck(void)
  {
   string id="";
   int    list=m_reader.Find(m_args,"ids");
   bool   good=list>=0 && m_reader.Kind(list)==JSON_LIST && m_reader.Count(list)<=AGENT_OUTCOMES_MAX;
   if(good)
      for(int child=m_reader.First(list); child>=0; child=m_reader.Next(child))
         good=good && m_reader.GetText(child,id) && CNames::IsLabel(id);
   if(!good)
     {
      Refuse("BAD_REQUEST","Cannot read the arguments of outcome.ack");
      return;
     }
   for(int one=m_reader.First(list); one>=0; one=m_reader.Next(one))
      if(m_reader.GetText(one,id))
         m_journal.Acknowledge(m_clients.Hex(m_client),id);
   BeginResult(m_ledger.Seq());
   EndResult(false);
  }
#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//|                                                AgentCommands.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTCOMMANDS_MQH
#define MT5CONNECTOR_AGENT_AGENTCOMMANDS_MQH
#include <MT5Connector/Agent/AgentRefusals.mqh>

//+------------------------------------------------------------------+
//| The command channel (docs/protocol.md, 6.2); the order of the checks is the protocol's|
//+------------------------------------------------------------------+
class CAgentCommands : public CAgentRefusals
  {
private:
   SCommand          m_queue[];
   int               m_queue_first;
   bool              m_mending;
   long              m_mend_ms;
   void              Check(SCommand &command);
   bool              IsOutOfTime(const SCommand &command);
   void              Plan(const SCommand &command);
   void              StageCommand(const SCommand &command,CIntent &intent);
   bool              Enqueue(const SCommand &command);
   void              RefuseStaged(void);
protected:
   void              TakeCommand(const CZmtpMessage &message);
   int               Queued(void) const { return(ArraySize(m_queue)-m_queue_first); }
   void              PumpQueue(void);
   void              CommitStaged(void);
public:
                     CAgentCommands(void);
  };
//+------------------------------------------------------------------+
//| The journal is sound                                           |
//+------------------------------------------------------------------+
CAgentCommands::CAgentCommands(void)
  {
   m_queue_first=0;
   m_mending=false;
   m_mend_ms=0;
  }
//+------------------------------------------------------------------+
//| Step 1: size, JSON, mac. A failure is counted and has no other effect|
//+------------------------------------------------------------------+
void CAgentCommands::TakeCommand(const CZmtpMessage &message)
  {
   CJsonReader reader;
   SCommand    command;
   uchar       key[];
   uchar       body[];
   uchar       mac[];
   if(!m_pull.ClientKey(message.Peer(),key))
      return;
   command.client=m_clients.Find(key);
   if(command.client<0)
      return;
   if(message.Frames()!=2 || message.Bytes()>AGENT_REQUEST_BYTES || !message.GetFrame(0,body) || !message.GetFrame(1,mac) ||
      !reader.Parse(body) || reader.Kind(0)!=JSON_OBJECT)
     {
      m_refusals.Note("BAD_REQUEST");
      return;
     }
   if(!m_clients.VerifyCommand(command.client,body,mac))
     {
      m_refusals.Note("MAC");
      return;
     }
   if(!ReadCommand(reader,command))
      command.good=false;
   int session=m_sessions.Find(command.client,command.session);
   if(session>=0)
      m_sessions.items[session].last_ms=m_now-m_stood_still;
   Check(command);
  }
//+------------------------------------------------------------------+
//| Steps 2 to 6                                                   |
//+------------------------------------------------------------------+
void CAgentCommands::Check(SCommand &command)
  {
   string client=m_clients.Hex(command.client);
   int    session=m_sessions.Find(command.client,command.session);
   int    known=-1;
   if(command.id!="")
      known=m_journal.Find(client,command.id);
   if(session<0 || !m_sessions.items[session].trades)
     {
      if(known>=0)
         AnswerKnown(command,known);
      else
         if(session>=0)
            RefuseCopy(command,"ROLE","The session may only read",0);
         else
            RefuseCopy(command,"NO_SESSION","The session does not exist",0);
      return;
     }
   long expected=m_sessions.items[session].command_counter+1;
   if(command.n==expected)
      m_sessions.items[session].command_counter=expected;
   if(known>=0)
     {
      //--- "not executed" must never be said of an id that was taken before, however broken this copy is
      AnswerKnown(command,known);
      return;
     }
   if(!command.good)
     {
      RefuseCopy(command,"BAD_REQUEST",command.fault,0);
      return;
     }
   if(command.n<expected)
     {
      RefuseCopy(command,"REPLAYED","Counter "+(string)command.n+" has been used",0);
      return;
     }
   if(command.n>expected)
     {
      RefuseCopy(command,"COUNTER","Commands from "+(string)expected+" on are missing",expected);
      return;
     }
   if(IsOutOfTime(command))
      return;
   command.instance=m_sessions.items[session].instance;
   Plan(command);
  }
//+------------------------------------------------------------------+
//| Step 6: whether a command is too old or too new, or has been refused for good; it is refused then|
//+------------------------------------------------------------------+
bool CAgentCommands::IsOutOfTime(const SCommand &command)
  {
   if(m_journal.IsBelowFloor(command.epoch,command.issued_at))
     {
      RefuseCopy(command,"EXPIRED_ID","The journal does not reach back to this time",0);
      return(true);
     }
   if(command.epoch!=m_journal.Epoch())
     {
      RefuseCopy(command,"EXPIRED","Epoch "+(string)command.epoch+" is not the present one",0);
      return(true);
     }
   if(m_now>command.not_after)
     {
      RefuseCopy(command,"EXPIRED","It came "+(string)(m_now-command.not_after)+" ms too late",0);
      return(true);
     }
   if(command.issued_at>m_now+AGENT_AHEAD_MS)
     {
      RefuseCopy(command,"STALE","It was issued "+(string)(command.issued_at-m_now)+" ms in the future",0);
      return(true);
     }
   if(command.not_after-command.issued_at>AGENT_COMMAND_TTL_MS)
     {
      RefuseCopy(command,"BAD_REQUEST","A command may live at most "+(string)AGENT_COMMAND_TTL_MS+" ms",0);
      return(true);
     }
   string code="";
   string reason="";
   if(m_refused.Find(m_clients.Hex(command.client)+" "+command.id,command.issued_at,m_now,code,reason))
     {
      RefuseCopy(command,code,reason,0);
      return(true);
     }
   return(false);
  }
//+------------------------------------------------------------------+
//| Step 7; a command whose turn has not come waits behind the others|
//+------------------------------------------------------------------+
void CAgentCommands::Plan(const SCommand &command)
  {
   CIntent intent;
   if(!intent.Parse(command.intent))
     {
      RefuseCopy(command,"BAD_REQUEST",intent.Fault(),0);
      return;
     }
   if(!intent.LessensRisk() && !m_clients.TakeCommand(command.client,m_now))
     {
      RefuseCopy(command,"RATE_LIMITED","Too many commands per second",0);
      return;
     }
   //--- a larger burst would push its own answers out of the terminal's queue of transactions
   if(Queued()==0 && Unanswered()<AGENT_UNANSWERED_MAX)
      StageCommand(command,intent);
   else
      if(!Enqueue(command))
         RefuseCopy(command,"BUSY","The agent has no memory for more commands",0);
  }
//+------------------------------------------------------------------+
//| Puts a command behind those that wait                          |
//+------------------------------------------------------------------+
bool CAgentCommands::Enqueue(const SCommand &command)
  {
   int count=ArraySize(m_queue);
   if(ArrayResize(m_queue,count+1,256)!=count+1)
      return(false);
   m_queue[count]=command;
   return(true);
  }
//+------------------------------------------------------------------+
//| Takes up what has waited for its turn. Much may have happened meanwhile: steps 4 and 6 are gone through again|
//+------------------------------------------------------------------+
void CAgentCommands::PumpQueue(void)
  {
   CIntent intent;
   while(Queued()>0 && Unanswered()<AGENT_UNANSWERED_MAX)
     {
      SCommand command=m_queue[m_queue_first];
      m_queue_first++;
      int known=m_journal.Find(m_clients.Hex(command.client),command.id);
      if(known>=0)
         AnswerKnown(command,known);
      else
         if(!IsOutOfTime(command) && intent.Parse(command.intent))
            StageCommand(command,intent);
     }
   if(m_queue_first>=1024 || Queued()==0)
     {
      int left=Queued();
      for(int i=0; i<left; i++)
         m_queue[i]=m_queue[m_queue_first+i];
      m_queue_first=0;
      if(ArrayResize(m_queue,left,256)!=left)
         return;
     }
  }
//+------------------------------------------------------------------+
//| The rest of step 7, and the staging of step 8                  |
//+------------------------------------------------------------------+
void CAgentCommands::StageCommand(const SCommand &command,CIntent &intent)
  {
   SEvidence evidence;
   bool      limit=false;
   bool      closes=intent.LessensRisk();
   string    client=m_clients.Hex(command.client);
   if(!intent.Plan(m_clients,command.client,command.id,m_settings.max_volume_lots,limit,evidence))
     {
      string code="BAD_REQUEST";
      if(limit)
         code="LIMIT";
      RefuseCopy(command,code,intent.Fault(),0);
      return;
     }
   if(!m_journal.HasRoom(closes))
     {
      RefuseCopy(command,"JOURNAL","The journal has no room for more commands",0);
      return;
     }
   if(m_mending || !m_refused.HasRoom(client+" "+command.id,m_now) ||
      !m_shadow.Highest(evidence.after_order,evidence.after_deal))
     {
      RefuseCopy(command,"BUSY","The agent cannot take commands at the moment",0);
      return;
     }
   evidence.broker_ms=CTerminalReader::BrokerMs();
   int slot=m_journal.Stage(client,command.id,m_now);
   if(slot<0)
     {
      RefuseCopy(command,"BUSY","The agent has no memory for more commands",0);
      return;
     }
   m_journal.entries[slot].instance=command.instance;
   m_journal.entries[slot].digest=command.digest;
   m_journal.entries[slot].issued_at=command.issued_at;
   m_journal.entries[slot].received_ms=m_now;
   m_journal.entries[slot].evidence=evidence;
   int flight=Begin(slot,command.client);
   if(flight<0)
     {
      m_journal.Unstage(slot);
      RefuseCopy(command,"BUSY","The agent has no memory for more commands",0);
      return;
     }
   m_flights[flight].staged=true;
   m_flights[flight].intent=command.intent;
   m_flights[flight].not_after=command.not_after;
   m_flights[flight].session=command.session;
   m_flights[flight].n=command.n;
  }
//+------------------------------------------------------------------+
//| What was staged cannot be made durable, and cannot come back either|
//+------------------------------------------------------------------+
void CAgentCommands::RefuseStaged(void)
  {
   SCommand command;
   for(int i=ArraySize(m_flights)-1; i>=0; i--)
     {
      //--- what is durable already, and only waits for its turn, is sent yet
      if(!m_flights[i].staged || m_journal.entries[m_flights[i].slot].durable)
         continue;
      int slot=m_flights[i].slot;
      command.client=m_flights[i].client;
      command.session=m_flights[i].session;
      command.n=m_flights[i].n;
      command.id=m_journal.entries[slot].id;
      command.epoch=m_journal.entries[slot].epoch;
      command.issued_at=m_journal.entries[slot].issued_at;
      command.not_after=m_flights[i].not_after;
      command.digest=m_journal.entries[slot].digest;
      command.intent="";
      command.good=true;
      command.fault="";
      m_journal.Unstage(slot);
      End(i);
      RefuseCopy(command,"JOURNAL","The journal cannot be written",0);
     }
  }
//+------------------------------------------------------------------+
//| Step 8 and 9: one write for all that are staged; what is durable is sent|
//+------------------------------------------------------------------+
void CAgentCommands::CommitStaged(void)
  {
   bool any=false;
   for(int i=0; i<ArraySize(m_flights); i++)
      any=any || m_flights[i].staged;
   if(any && m_mending && !m_journal.IsBroken())
     {
      //--- a write for another reason has repaired the journal, without what is staged
      m_mending=false;
      RefuseStaged();
      return;
     }
   if(!any || (m_mending && m_now<m_mend_ms))
      return;
   if(!m_journal.Commit())
     {
      m_mending=m_journal.IsBroken();
      m_mend_ms=m_now+1000;
      if(m_mending)
         Print("MT5Connector: the journal cannot be written; commands wait until it can be repaired");
      else
         RefuseStaged();
      return;
     }
   m_mending=false;
   Clock();
   for(int k=0; k<ArraySize(m_flights); k++)
     {
      if(!m_flights[k].staged)
         continue;
      int slot=m_flights[k].slot;
      //--- what is not durable is never sent, whatever went wrong
      if(!m_journal.entries[slot].durable)
         continue;
      Clock();
      if(m_now<=m_flights[k].not_after)
        {
         if(IsHeld(k))
            continue;
         int before=ArraySize(m_flights);
         if(Send(k))
           {
            if(ArraySize(m_flights)<before)
               k--;
            continue;
           }
        }
      SCommand late;
      late.client=m_flights[k].client;
      late.session=m_flights[k].session;
      late.n=m_flights[k].n;
      late.id=m_journal.entries[slot].id;
      late.epoch=m_journal.entries[slot].epoch;
      late.issued_at=m_journal.entries[slot].issued_at;
      late.not_after=m_flights[k].not_after;
      late.digest=m_journal.entries[slot].digest;
      string shown=RefusedText(late,"EXPIRED","The journal was written too late",0);
      Settle(k,OUTCOME_VOID,0,0,CEntryWriter::Tombstone(late.id,late.digest,m_journal.SinceUtcMs()),shown);
      k--;
     }
  }
#endif
//+------------------------------------------------------------------+

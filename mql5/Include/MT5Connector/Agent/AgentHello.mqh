//+------------------------------------------------------------------+
//|                                                   AgentHello.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTHELLO_MQH
#define MT5CONNECTOR_AGENT_AGENTHELLO_MQH
#include <MT5Connector/Agent/AgentReplies.mqh>

//+------------------------------------------------------------------+
//| Opening a session, and what it asks about itself (docs/protocol.md, 4.1)|
//+------------------------------------------------------------------+
class CAgentHello : public CAgentReplies
  {
protected:
   int               Awaited(const string instance,int &slots[]) const;
   void              RunChallenge(void);
   void              RunHello(void);
   void              RunBye(void);
   void              RunPing(void);
   void              RunAccount(void);
   void              RunTerminal(void);
  };
//+------------------------------------------------------------------+
//| Ends the session                                               |
//+------------------------------------------------------------------+
void CAgentHello::RunBye(void)
  {
   EndSession(m_session);
   BeginResult(m_ledger.Seq());
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| The account                                                    |
//+------------------------------------------------------------------+
void CAgentHello::RunAccount(void)
  {
   ScanNow();
   BeginResult(m_ledger.Seq());
   m_json.Name("account");
   CRecordWriter::Account(m_json);
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| The terminal                                                   |
//+------------------------------------------------------------------+
void CAgentHello::RunTerminal(void)
  {
   BeginResult(m_ledger.Seq());
   m_json.Name("terminal");
   CRecordWriter::Terminal(m_json);
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| A challenge for a hello                                        |
//+------------------------------------------------------------------+
void CAgentHello::RunChallenge(void)
  {
   string instance="";
   if(!Label(m_args,"instance",instance))
     {
      Refuse("BAD_REQUEST","Cannot read the arguments of challenge: \"instance\" must be a label");
      return;
     }
   string text=m_sessions.Challenge(m_client,instance,m_now);
   if(text=="")
     {
      Refuse("INTERNAL","Cannot make a challenge: the system gives no randomness");
      return;
     }
   BeginResult(m_ledger.Seq());
   CRecordWriter::Integer(m_json,"revision",1);
   CRecordWriter::Word(m_json,"challenge",text);
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| Unacknowledged outcomes that a connector has to hear of: its own, and those whose connector is gone|
//+------------------------------------------------------------------+
int CAgentHello::Awaited(const string instance,int &slots[]) const
  {
   int all[];
   int count=0;
   int total=m_journal.Unacknowledged(m_clients.Hex(m_client),all);
   if(ArrayResize(slots,total)!=total)
      return(0);
   for(int i=0; i<total; i++)
     {
      string other=m_journal.entries[all[i]].instance;
      int    flight=FindFlight(all[i]);
      //--- what the ledger has not told of yet is still under way
      if((other!=instance && m_sessions.IsLive(m_client,other)) || (flight>=0 && m_flights[flight].dealing))
         continue;
      slots[count]=all[i];
      count++;
     }
   return(count);
  }
//+------------------------------------------------------------------+
//| Opens a session                                                |
//+------------------------------------------------------------------+
void CAgentHello::RunHello(void)
  {
   string challenge="";
   string instance="";
   string role="";
   string name="";
   string version="";
   int    slots[];
   bool   good=Label(m_args,"challenge",challenge) && Label(m_args,"instance",instance) && m_reader.GetText(m_reader.Find(m_args,"role"),role) &&
               (role=="trade" || role=="read") && m_reader.GetText(m_reader.Find(m_args,"name"),name) && StringLen(name)<=128 && CNames::IsPlain(name) &&
               m_reader.GetText(m_reader.Find(m_args,"version"),version) && StringLen(version)<=128 && CNames::IsPlain(version);
   if(!good)
     {
      Refuse("BAD_REQUEST","Cannot read the arguments of hello");
      return;
     }
   bool trades=role=="trade";
   if(!m_sessions.UseChallenge(m_client,instance,challenge,m_now))
     {
      Refuse("CHALLENGE","Cannot open a session: the challenge is not (or no longer) open");
      return;
     }
   if(trades && !m_clients.Trades(m_client))
     {
      Refuse("ROLE","Cannot open a session: this client may only read");
      return;
     }
   int before=m_sessions.FindSame(m_client,instance,trades);
   if(before>=0)
      EndSession(before);
   int session=m_sessions.Open(m_client,instance,trades,m_now-m_stood_still);
   if(session<0)
     {
      Refuse("SESSIONS","Cannot open a session: there are too many");
      return;
     }
   ScanNow();
   BeginResult(m_ledger.Seq());
   CRecordWriter::Word(m_json,"session",m_sessions.items[session].id);
   CRecordWriter::Integer(m_json,"leaseMs",AGENT_LEASE_MS);
   m_json.Name("agent");
   m_json.BeginObject();
   CRecordWriter::Word(m_json,"name","MT5Connector");
   CRecordWriter::Word(m_json,"version",AGENT_VERSION);
   m_json.EndObject();
   m_json.Name("account");
   CRecordWriter::Account(m_json);
   m_json.Name("terminal");
   CRecordWriter::Terminal(m_json);
   CRecordWriter::Integer(m_json,"brokerMs",CTerminalReader::BrokerMs());
   CRecordWriter::Integer(m_json,"utcMs",CTerminalReader::UtcMs());
   m_json.Name("brokerZone");
   if(m_settings.broker_zone=="")
      m_json.Null();
   else
      m_json.Text(m_settings.broker_zone);
   m_json.Name("ledger");
   m_json.BeginObject();
   CRecordWriter::Integer(m_json,"oldest",m_ledger.Oldest());
   m_json.EndObject();
   int count=0;
   if(trades)
      count=Awaited(instance,slots);
   int left=(AGENT_REPLY_BYTES-AGENT_HELLO_BYTES)/3;
   int given=0;
   m_json.Name("outcomes");
   m_json.BeginList();
   while(given<count && given<AGENT_OUTCOMES_MAX)
     {
      left-=StringLen(m_journal.entries[slots[given]].outcome)+1;
      if(left<0)
         break;
      m_json.Raw(m_journal.entries[slots[given]].outcome);
      given++;
     }
   m_json.EndList();
   CRecordWriter::Flag(m_json,"moreOutcomes",given<count);
   CRecordWriter::Integer(m_json,"journalSinceUtcMs",m_journal.SinceUtcMs());
   m_json.Name("limits");
   m_json.BeginObject();
   CRecordWriter::Integer(m_json,"commandTtlMs",AGENT_COMMAND_TTL_MS);
   CRecordWriter::Integer(m_json,"journalRetentionMs",(long)m_settings.journal_retention_hours*3600000);
   CRecordWriter::Integer(m_json,"maxMessageBytes",AGENT_REQUEST_BYTES);
   CRecordWriter::Integer(m_json,"maxPending",AGENT_PENDING_MAX);
   m_json.EndObject();
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| Broker time and UTC                                            |
//+------------------------------------------------------------------+
void CAgentHello::RunPing(void)
  {
   long broker=CTerminalReader::BrokerMs();
   long utc=CTerminalReader::UtcMs();
   //--- the clocks may tick between the two readings
   if((broker-utc)%900000!=0)
      broker=CTerminalReader::BrokerMs();
   BeginResult(m_ledger.Seq());
   CRecordWriter::Integer(m_json,"brokerMs",broker);
   CRecordWriter::Integer(m_json,"utcMs",utc);
   EndResult(false);
  }
#endif
//+------------------------------------------------------------------+

//+------------------------------------------------------------------+
//|                                                        Agent.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENT_MQH
#define MT5CONNECTOR_AGENT_AGENT_MQH
#include <MT5Connector/Agent/AgentRequests.mqh>

//+------------------------------------------------------------------+
//| The agent of protocol revision 1: what it opens, and what it does in each slice of the terminal's time|
//+------------------------------------------------------------------+
class CAgent : public CAgentRequests
  {
private:
   CZmtpPoll         m_poll;
   CZmtpMessage      m_message;
   bool              m_serves;
   string            m_account;
   long              m_scan_ms;
   long              m_account_ms;
   long              m_pulse_ms;
   long              m_ticks_ms;
   long              m_retention_ms;
   long              m_refusals_ms;
   string            m_refusals_told;
   bool              Open(CZmtpServer &server,const int port,const SZmtpOptions &options);
   bool              Fail(const string fault);
   void              Pulse(void);
   void              Beat(void);
   void              PublishAccount(void);
   void              EndLeases(void);
   void              PrintRefusals(void);
   bool              Serve(void);
public:
                     CAgent(void);
   bool              Serves(void) const { return(m_serves); }
   bool              Load(const string file);
   string            WhyNotReady(void);
   bool              Start(void);
   void              Turn(const int wait_ms);
   void              Stop(void);
   int               TimerMs(void) const { return(m_settings.timer_ms); }
   int               SliceMs(void) const { return(m_settings.slice_ms); }
   string            Ports(void) const { return((string)m_pull.Port()+" "+(string)m_pub.Port()+" "+(string)m_router.Port()); }
   long              Epoch(void) const { return(m_journal.Epoch()); }
   bool              FlushesDisk(void) const { return(m_journal.FlushesDisk()); }
  };
//+------------------------------------------------------------------+
//| Not started                                                    |
//+------------------------------------------------------------------+
CAgent::CAgent(void)
  {
   m_serves=false;
   m_account="";
   m_scan_ms=0;
   m_account_ms=0;
   m_pulse_ms=0;
   m_ticks_ms=0;
   m_retention_ms=0;
   m_refusals_ms=0;
   m_refusals_told="";
  }
//+------------------------------------------------------------------+
//| Says what is wrong and what to do about it, and lets go of everything|
//+------------------------------------------------------------------+
bool CAgent::Fail(const string fault)
  {
   Alert("MT5Connector cannot start: "+fault);
   Stop();
   return(false);
  }
//+------------------------------------------------------------------+
//| Reads the settings and prepares the keys                       |
//+------------------------------------------------------------------+
bool CAgent::Load(const string file)
  {
   if(!m_settings.Load(file))
      return(Fail("settings file "+file+": "+m_settings.Fault()));
   SNetEndpoint endpoint;
   if(!CNetwork::ParseAddress(m_settings.host,endpoint))
      return(Fail("host must be an address such as 127.0.0.1"));
   if(!m_clients.Init(m_settings))
      return(Fail("a client's key cannot be used; make a new pair of keys for it"));
   return(true);
  }
//+------------------------------------------------------------------+
//| Opens one channel                                              |
//+------------------------------------------------------------------+
bool CAgent::Open(CZmtpServer &server,const int port,const SZmtpOptions &options)
  {
   SNetEndpoint endpoint;
   uchar        key[];
   if(!CNetwork::ParseAddress(m_settings.host,endpoint))
      return(false);
   endpoint.port=port;
   if(!server.SetSecret(m_settings.secret))
      return(Fail("secret_key cannot be used; make a new pair of keys"));
   for(int i=0; i<m_settings.Clients(); i++)
      if(!m_settings.ClientKey(i,key) || !server.Admit(key))
         return(Fail("a client's key cannot be used; make a new pair of keys for it"));
   if(!server.Listen(m_network,endpoint,options))
      return(Fail("port "+(string)port+" of "+m_settings.host+" cannot be opened (error "+(string)m_network.LastFault()+
                  "); stop what uses it or choose another port in the settings"));
   return(true);
  }
//+------------------------------------------------------------------+
//| With the terminal ready: takes the journal, settles what an earlier run left open, and only then binds. It does not serve|
//+------------------------------------------------------------------+
//+------------------------------------------------------------------+
//| yet if the history is still to come; it is called again then   |
//+------------------------------------------------------------------+
bool CAgent::Start(void)
  {
   SZmtpOptions options;
   if(!m_journal.IsOpen())
     {
      m_origin_us=(long)GetMicrosecondCount();
      m_now=0;
      m_stood_still=0;
      m_login=AccountInfoInteger(ACCOUNT_LOGIN);
      m_server=AccountInfoString(ACCOUNT_SERVER);
      if(!m_journal.Open(m_login,m_server,m_settings.journal_max_entries,(long)m_settings.journal_retention_hours*3600000))
         return(Fail(m_journal.Fault()));
      m_history.Know(m_journal.NewestDeal());
     }
   //--- what the journal has seen in the history must be there again before anything is concluded from it
   Clock();
   if(Unready()!="")
      return(true);
   if(!m_ledger.Init(m_journal.Epoch()) || !m_shadow.Start(m_now))
      return(Fail("the terminal's tables cannot be read"));
   SettleAtStart();
   if(!m_journal.Commit())
      return(Fail("the journal cannot be written"));
   CZmtpDefaults::Fill(options);
   options.handshake_ms=5000;
   options.inbox_messages=10000;
   options.message_max=AGENT_REQUEST_BYTES;
   if(!m_network.Startup() || !m_pull.Init(options) || !m_router.Init(options))
      return(Fail("the network of the system cannot be used"));
   //--- events first: who can send a command can hear of it
   if(!Open(m_pub,m_settings.events_port,options) || !Open(m_router,m_settings.sync_port,options) || !Open(m_pull,m_settings.command_port,options))
      return(false);
   m_settings.Forget();
   m_serves=true;
   return(true);
  }
//+------------------------------------------------------------------+
//| Why the terminal's tables cannot be believed; empty if they can|
//+------------------------------------------------------------------+
string CAgent::WhyNotReady(void)
  {
   if(m_journal.IsOpen())
      Clock();
   return(Unready());
  }
//+------------------------------------------------------------------+
//| Closes everything                                              |
//+------------------------------------------------------------------+
void CAgent::Stop(void)
  {
   m_serves=false;
   PrintRefusals();
   m_pull.Close(m_network);
   m_pub.Close(m_network);
   m_router.Close(m_network);
   m_network.Shutdown();
   if(m_journal.IsOpen())
      m_journal.Close();
  }
//+------------------------------------------------------------------+
//| The pulse (docs/protocol.md, 5.2)                              |
//+------------------------------------------------------------------+
void CAgent::Pulse(void)
  {
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Integer(json,"v",1);
   CRecordWriter::Integer(json,"epoch",m_journal.Epoch());
   CRecordWriter::Integer(json,"seq",m_ledger.Seq());
   CRecordWriter::Integer(json,"agentMs",m_now);
   CRecordWriter::Integer(json,"brokerMs",CTerminalReader::BrokerMs());
   CRecordWriter::Integer(json,"utcMs",CTerminalReader::UtcMs());
   json.Name("sessions");
   json.BeginList();
   for(int i=0; i<AGENT_SESSIONS_MAX; i++)
     {
      if(!m_sessions.items[i].used)
         continue;
      json.BeginObject();
      CRecordWriter::Word(json,"session",m_sessions.items[i].id);
      CRecordWriter::Integer(json,"command",m_sessions.items[i].command_counter);
      CRecordWriter::Integer(json,"sync",m_sessions.items[i].sync_counter);
      json.EndObject();
     }
   json.EndList();
   json.Name("terminal");
   CRecordWriter::Terminal(json);
   json.EndObject();
   Publish("pulse",json.Whole(),true);
  }
//+------------------------------------------------------------------+
//| The account if it has changed                                  |
//+------------------------------------------------------------------+
void CAgent::PublishAccount(void)
  {
   string account=AccountText();
   if(account==m_account || account=="")
      return;
   m_account=account;
   Publish("account",Head()+"\"account\":"+account+"}",true);
  }
//+------------------------------------------------------------------+
//| Sessions of which nothing was heard for too long, as far as the agent could hear|
//+------------------------------------------------------------------+
void CAgent::EndLeases(void)
  {
   for(int i=0; i<AGENT_SESSIONS_MAX; i++)
      if(m_sessions.items[i].used && m_now-m_stood_still-m_sessions.items[i].last_ms>AGENT_LEASE_MS)
         EndSession(i);
  }
//+------------------------------------------------------------------+
//| What was refused and lost since the start, when that has changed|
//+------------------------------------------------------------------+
void CAgent::PrintRefusals(void)
  {
   string text=m_refusals.Text();
   if(m_lost>0)
      text+="; lost requests "+(string)m_lost;
   if(m_undelivered>0)
      text+="; replies that nobody took "+(string)m_undelivered;
   if(text==m_refusals_told)
      return;
   m_refusals_told=text;
   Print("MT5Connector refused since its start: ",text);
  }
//+------------------------------------------------------------------+
//| What is due by the clock                                       |
//+------------------------------------------------------------------+
void CAgent::Beat(void)
  {
   bool pulse=m_now-m_pulse_ms>=AGENT_PULSE_MS;
   if(m_scan_asked || pulse || m_now-m_scan_ms>=AGENT_SCAN_MS)
     {
      //--- an answer of the trade server may still be waited for: so often, but not in every turn
      if(pulse || m_now-m_scan_ms>=AGENT_HINT_MS)
        {
         m_scan_ms=m_now;
         ScanNow();
         //--- a search through the history is worth its time when something is new, and now and then
         LookAfterFlights(pulse || ArraySize(m_shadow.payloads)>0);
        }
     }
   if(m_now-m_ticks_ms>=AGENT_TICKS_MS || pulse)
     {
      m_ticks_ms=m_now;
      for(int i=0; i<m_feeds.Size(); i++)
         PumpFeed(i);
     }
   if(m_now-m_account_ms>=AGENT_ACCOUNT_MS)
     {
      m_account_ms=m_now;
      PublishAccount();
     }
   if(pulse)
     {
      m_pulse_ms=m_now;
      EndLeases();
      //--- what nobody waits for, such as acknowledgements, is written now
      if(!m_journal.Commit())
         Print("MT5Connector: the journal cannot be written");
      Pulse();
     }
   if(m_now-m_refusals_ms>=AGENT_REFUSALS_LOG_MS)
     {
      m_refusals_ms=m_now;
      PrintRefusals();
     }
   if(m_now-m_retention_ms>=AGENT_RETENTION_SCAN_MS)
     {
      int dropped[];
      m_retention_ms=m_now;
      int count=m_journal.DropOld(m_now,dropped);
      for(int k=0; k<count; k++)
         Forget(dropped[k]);
     }
  }
//+------------------------------------------------------------------+
//| What has come: commands, then requests; true if there was anything|
//+------------------------------------------------------------------+
bool CAgent::Serve(void)
  {
   int taken=0;
   while(taken<AGENT_COMMANDS_PER_TURN && Queued()<AGENT_COMMANDS_WAITING_MAX && m_pull.Receive(m_message))
     {
      TakeCommand(m_message);
      taken++;
     }
   PumpQueue();
   CommitStaged();
   int asked=0;
   while(asked<AGENT_COMMANDS_PER_TURN && m_router.Receive(m_message))
     {
      Clock();
      TakeRequest(m_message);
      asked++;
     }
   return(taken+asked>0);
  }
//+------------------------------------------------------------------+
//| One turn: waits for the sockets, at most so long, then reads, acts and writes until nothing is left|
//+------------------------------------------------------------------+
void CAgent::Turn(const int wait_ms)
  {
   int wait=wait_ms;
   if(!m_serves)
      return;
   //--- while the queue of commands is full, nothing more is taken, and what waits is no reason to hurry
   bool full=Queued()>=AGENT_COMMANDS_WAITING_MAX;
   if((!full && (m_pull.HasMore() || m_pull.Waiting()>0)) || m_router.HasMore() || m_router.Waiting()>0)
      wait=0;
   m_poll.Reset();
   m_pull.Prepare(m_poll);
   m_pub.Prepare(m_poll);
   m_router.Prepare(m_poll);
   if(m_poll.Wait(m_network,wait)<0)
     {
      Print("MT5Connector: waiting for the network failed (error ",m_network.LastFault(),")");
      return;
     }
   ulong now=GetMicrosecondCount()/1000;
   Clock();
   m_pull.Service(m_network,m_poll,now);
   m_pub.Service(m_network,m_poll,now);
   m_router.Service(m_network,m_poll,now);
   Serve();
   Beat();
   now=GetMicrosecondCount()/1000;
   m_pub.FlushAll(m_network,now);
   m_router.FlushAll(m_network,now);
  }
#endif
//+------------------------------------------------------------------+

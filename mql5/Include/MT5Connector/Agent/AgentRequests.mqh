//+------------------------------------------------------------------+
//|                                                AgentRequests.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTREQUESTS_MQH
#define MT5CONNECTOR_AGENT_AGENTREQUESTS_MQH
#include <MT5Connector/Agent/AgentCommands.mqh>

const string g_known_later[]={"history.orders","history.deals","bars","ticks","depth.subscribe","depth.unsubscribe","order.check",
                        "calc.margin","calc.profit","calendar"};
const string g_snapshot_lists[]={"positions","orders","historyOrders","deals"};

//+------------------------------------------------------------------+
//| The sync channel (docs/protocol.md, 4); the order of the checks is the protocol's|
//+------------------------------------------------------------------+
class CAgentRequests : public CAgentCommands
  {
private:
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
   void              Refuse(const string code,const string message);
   void              RefuseSymbol(const string symbol);
   bool              Admit(const string op);
   bool              Whole(const int object,const string name,const long low,long &value) const;
   bool              Label(const int object,const string name,string &value) const;
   bool              Optional(const string name,string &value,bool &given);
   bool              Symbols(const string name,string &symbols[],bool &given);
   void              Run(const string op);
   void              RunChallenge(void);
   void              RunHello(void);
   void              RunPing(void);
   void              RunBarrier(void);
   void              RunPaged(const string op);
   bool              Collect(const string op,const string symbol,const string &names[],const bool named,CPageItems &items);
   bool              CollectHistory(CPageItems &items);
   void              RunTick(void);
   void              RunSince(void);
   void              RunSubscribe(const bool add);
   void              RunOutcome(void);
   void              RunAck(void);
   int               Awaited(const string instance,int &slots[]) const;
protected:
   void              TakeRequest(const CZmtpMessage &message);
   void              ScanNow(void);
   void              PumpFeed(const int feed);
public:
                     CAgentRequests(void);
  };
//+------------------------------------------------------------------+
//| Nobody asks                                                    |
//+------------------------------------------------------------------+
CAgentRequests::CAgentRequests(void)
  {
   m_rid="";
   m_client=-1;
   m_session=-1;
   m_args=-1;
   m_hurt=false;
  }
//+------------------------------------------------------------------+
//| Looks at the terminal's tables, publishes what is new, and settles what that makes certain|
//+------------------------------------------------------------------+
void CAgentRequests::ScanNow(void)
  {
   if(Unready()!="" || !m_shadow.Scan(m_now))
      return;
   m_scan_asked=false;
   for(int i=0; i<ArraySize(m_shadow.payloads); i++)
      Tell(m_shadow.payloads[i]);
   AfterScan();
  }
//+------------------------------------------------------------------+
//| Publishes the new ticks of a symbol                            |
//+------------------------------------------------------------------+
void CAgentRequests::PumpFeed(const int feed)
  {
   bool again=true;
   while(again && m_feeds.Pump(feed,again))
     {
      if(m_feeds.feeds[feed].sessions==0)
         continue;
      CJsonWriter json;
      json.BeginObject();
      CRecordWriter::Integer(json,"v",1);
      CRecordWriter::Integer(json,"epoch",m_journal.Epoch());
      CRecordWriter::Word(json,"symbol",m_feeds.feeds[feed].symbol);
      CRecordWriter::Integer(json,"count",m_feeds.feeds[feed].count);
      CRecordWriter::Integer(json,"n",m_feeds.Fresh());
      CRecordWriter::Integer(json,"skipped",0);
      CRecordWriter::Integer(json,"agentMs",m_now);
      json.EndObject();
      if(m_feeds.Pack(m_bulk))
         PublishBulk("tick."+m_feeds.feeds[feed].symbol,json.Whole(),m_bulk);
     }
  }
//+------------------------------------------------------------------+
//| Sends the reply that stands in m_json                          |
//+------------------------------------------------------------------+
void CAgentRequests::Reply(const bool with_bulk)
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
      m_refusals++;
  }
//+------------------------------------------------------------------+
//| The head of a reply, up to its result                          |
//+------------------------------------------------------------------+
void CAgentRequests::BeginResult(const long seq)
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
void CAgentRequests::EndResult(const bool with_bulk)
  {
   m_json.EndObject();
   m_json.EndObject();
   Reply(with_bulk);
  }
//+------------------------------------------------------------------+
//| Refuses a request                                              |
//+------------------------------------------------------------------+
void CAgentRequests::Refuse(const string code,const string message)
  {
   m_refusals++;
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
   m_json.EndObject();
   m_json.EndObject();
   Reply(false);
  }
//+------------------------------------------------------------------+
//| Refuses a symbol and names those that differ only by case or suffix|
//+------------------------------------------------------------------+
void CAgentRequests::RefuseSymbol(const string symbol)
  {
   int found=0;
   m_refusals++;
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
   CRecordWriter::Word(m_json,"code","UNKNOWN_SYMBOL");
   CRecordWriter::Word(m_json,"message","Cannot find symbol \""+symbol+"\": symbols are matched exactly");
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
   m_json.EndObject();
   m_json.EndObject();
   Reply(false);
  }
//+------------------------------------------------------------------+
//| A whole number, given as a number                              |
//+------------------------------------------------------------------+
bool CAgentRequests::Whole(const int object,const string name,const long low,long &value) const
  {
   int node=m_reader.Find(object,name);
   return(node>=0 && m_reader.Kind(node)==JSON_NUMBER && m_reader.GetLong(node,value) && value>=low && value<(long)1<<53);
  }
//+------------------------------------------------------------------+
//| A label                                                        |
//+------------------------------------------------------------------+
bool CAgentRequests::Label(const int object,const string name,string &value) const
  {
   return(m_reader.GetText(m_reader.Find(object,name),value) && CNames::IsLabel(value));
  }
//+------------------------------------------------------------------+
//| A plain text that may be left out; false if it is there and wrong|
//+------------------------------------------------------------------+
bool CAgentRequests::Optional(const string name,string &value,bool &given)
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
bool CAgentRequests::Symbols(const string name,string &symbols[],bool &given)
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
//+------------------------------------------------------------------+
//| Takes a request and answers it exactly once                    |
//+------------------------------------------------------------------+
void CAgentRequests::TakeRequest(const CZmtpMessage &message)
  {
   uchar  key[];
   uchar  body[];
   uchar  mac[];
   string op="";
   long   revision=0;
   int    first=CRouterSocket::Envelope(message);
   m_rid="";
   m_session=-1;
   m_hurt=false;
   if(!CRouterSocket::Answer(message,m_answer) || !m_router.ClientKey(message.Peer(),key))
      return;
   m_client=m_clients.Find(key);
   if(m_client<0)
      return;
   if(message.Frames()!=first+2 || message.FrameSize(first)>AGENT_REQUEST_BYTES || !message.GetFrame(first,body) || !message.GetFrame(first+1,mac))
     {
      Refuse("BAD_REQUEST","Cannot read the request: two frames are needed");
      return;
     }
   if(!m_reader.Parse(body) || m_reader.Kind(0)!=JSON_OBJECT)
     {
      Refuse("BAD_REQUEST","Cannot read a body: "+m_reader.Fault());
      return;
     }
   string rid="";
   bool   named=Label(0,"rid",rid);
   if(named)
      m_rid=rid;
   if(Whole(0,"v",0,revision) && revision!=1)
     {
      Refuse("REVISION","Cannot serve revision "+(string)revision+": this agent speaks revision 1");
      return;
     }
   m_args=m_reader.Find(0,"args");
   bool opens=Label(0,"op",op) && (op=="challenge" || op=="hello");
   bool good=revision==1 && named && op!="" && CNames::IsLabel(op) && (m_args<0 || m_reader.Kind(m_args)==JSON_OBJECT);
   if(good && !opens)
     {
      string session="";
      long   number=0;
      good=Label(0,"session",session) && Whole(0,"n",1,number) && Whole(0,"epoch",1,number) && Whole(0,"at",0,number);
     }
   if(!good)
     {
      Refuse("BAD_REQUEST","Cannot read the request: a member is missing or of a wrong type");
      return;
     }
   if(!m_clients.VerifySync(m_client,body,mac))
     {
      Refuse("MAC","Cannot accept the request: its mac is wrong");
      return;
     }
   if(opens || Admit(op))
      Run(op);
  }
//+------------------------------------------------------------------+
//| Session, epoch, counter, time and role                         |
//+------------------------------------------------------------------+
bool CAgentRequests::Admit(const string op)
  {
   string session="";
   long   n=0;
   long   epoch=0;
   long   at=0;
   if(!Label(0,"session",session) || !Whole(0,"n",1,n) || !Whole(0,"epoch",1,epoch) || !Whole(0,"at",0,at))
      return(false);
   m_session=m_sessions.Find(m_client,session);
   if(m_session<0)
     {
      Refuse("NO_SESSION","Cannot serve the request: the session does not exist");
      return(false);
     }
   m_sessions.items[m_session].last_ms=m_now-m_stood_still;
   if(epoch!=m_journal.Epoch())
     {
      Refuse("EPOCH","Cannot serve the request: the epoch is "+(string)m_journal.Epoch()+", not "+(string)epoch);
      return(false);
     }
   if(n<=m_sessions.items[m_session].sync_counter)
     {
      Refuse("REPLAYED","Cannot serve the request: counter "+(string)n+" has been used");
      return(false);
     }
   m_sessions.items[m_session].sync_counter=n;
   if(m_now-at>AGENT_AGE_MS || at-m_now>AGENT_AHEAD_MS)
     {
      Refuse("STALE","Cannot serve the request: its time is off by "+(string)(m_now-at)+" ms");
      return(false);
     }
   if(!m_sessions.items[m_session].trades && (op=="outcome" || op=="outcomes" || op=="outcome.ack"))
     {
      Refuse("ROLE","Cannot do \""+op+"\": the session may only read");
      return(false);
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| Does an operation                                              |
//+------------------------------------------------------------------+
void CAgentRequests::Run(const string op)
  {
   bool paged=op=="positions" || op=="orders" || op=="symbols" || op=="snapshot" || op=="outcomes";
   bool plain=op=="challenge" || op=="hello" || op=="ping" || op=="bye" || op=="barrier" || op=="account" || op=="terminal" || op=="tick" ||
              op=="ledger.since" || op=="subscribe" || op=="unsubscribe" || op=="outcome" || op=="outcome.ack";
   if(!paged && !plain)
     {
      if(CNames::Find(g_known_later,op)>=0)
         Refuse("NOT_SUPPORTED","Cannot do \""+op+"\": this agent does not have it yet");
      else
         Refuse("UNKNOWN_OP","Cannot do \""+op+"\": there is no such operation");
      return;
     }
   if(!m_clients.TakeRequest(m_client,m_now))
     {
      Refuse("RATE_LIMITED","Cannot serve the request: too many per second");
      return;
     }
   string unready="";
   if(op=="challenge" || op=="hello" || op=="snapshot")
      unready=Unready();
   if(unready!="")
     {
      Refuse("NOT_READY",unready);
      return;
     }
   if(paged)
     {
      RunPaged(op);
      return;
     }
   if(op=="challenge")
      RunChallenge();
   if(op=="hello")
      RunHello();
   if(op=="ping")
      RunPing();
   if(op=="barrier")
      RunBarrier();
   if(op=="tick")
      RunTick();
   if(op=="ledger.since")
      RunSince();
   if(op=="subscribe" || op=="unsubscribe")
      RunSubscribe(op=="subscribe");
   if(op=="outcome")
      RunOutcome();
   if(op=="outcome.ack")
      RunAck();
   if(op=="bye")
     {
      EndSession(m_session);
      BeginResult(m_ledger.Seq());
      EndResult(false);
     }
   if(op=="account")
     {
      ScanNow();
      BeginResult(m_ledger.Seq());
      m_json.Name("account");
      CRecordWriter::Account(m_json);
      EndResult(false);
     }
   if(op=="terminal")
     {
      BeginResult(m_ledger.Seq());
      m_json.Name("terminal");
      CRecordWriter::Terminal(m_json);
      EndResult(false);
     }
  }
//+------------------------------------------------------------------+
//| A challenge for a hello                                        |
//+------------------------------------------------------------------+
void CAgentRequests::RunChallenge(void)
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
int CAgentRequests::Awaited(const string instance,int &slots[]) const
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
void CAgentRequests::RunHello(void)
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
void CAgentRequests::RunPing(void)
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
//+------------------------------------------------------------------+
//| A mark behind everything in the ledger                         |
//+------------------------------------------------------------------+
void CAgentRequests::RunBarrier(void)
  {
   string token="";
   if(!Label(m_args,"token",token))
     {
      Refuse("BAD_REQUEST","Cannot read the arguments of barrier: \"token\" must be a label");
      return;
     }
   Publish("ledger",m_ledger.Barrier(token,m_now),false);
   BeginResult(m_ledger.Seq());
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| Operations that are given page by page                         |
//+------------------------------------------------------------------+
void CAgentRequests::RunPaged(const string op)
  {
   CPageItems items;
   string     names[];
   string     symbol="";
   string     cursor="";
   string     raw="";
   string     more="";
   bool       named=false;
   bool       paged=false;
   bool       by_symbol=false;
   int        start=0;
   int        end=0;
   long       seq=0;
   bool good=Optional("cursor",cursor,paged) && (!paged || CNames::IsLabel(cursor));
   if(op=="positions" || op=="orders")
      good=good && Optional("symbol",symbol,by_symbol);
   if(op=="symbols")
      good=good && Symbols("names",names,named);
   int since=m_reader.Find(m_args,"since");
   if(op=="snapshot" && since>=0)
     {
      long from=0;
      int  list=m_reader.Find(since,"orders");
      good=good && Whole(since,"brokerMs",0,from) && list>=0 && m_reader.Kind(list)==JSON_LIST && m_reader.Count(list)<=AGENT_TRACKED_MAX;
     }
   if(!good)
     {
      Refuse("BAD_REQUEST","Cannot read the arguments of "+op);
      return;
     }
   if(by_symbol && !CTerminalReader::Exists(symbol))
     {
      RefuseSymbol(symbol);
      return;
     }
   for(int i=0; i<ArraySize(names); i++)
      if(!CTerminalReader::Exists(names[i]))
        {
         RefuseSymbol(names[i]);
         return;
        }
   //--- a cursor serves the same request only
   string request=op+" "+symbol;
   int    asked=m_reader.Find(m_args,"names");
   if(op=="snapshot")
      asked=since;
   if(asked>=0 && m_reader.GetRaw(asked,raw))
      request+=raw;
   if(paged)
     {
      if(!m_pager.Next(m_session,request,cursor,m_now,items,start,end,seq,more))
        {
         Refuse("BAD_CURSOR","Cannot give the page: its result is gone");
         return;
        }
     }
   else
     {
      if(op!="symbols" && op!="outcomes")
         ScanNow();
      seq=m_ledger.Seq();
      if(!Collect(op,symbol,names,named,items) || !m_pager.First(m_session,request,items,seq,m_now,end,more))
        {
         Refuse("INTERNAL","Cannot answer: the agent has no memory or no history for it");
         return;
        }
     }
   BeginResult(seq);
   if(op=="snapshot")
     {
      m_json.Name("account");
      CRecordWriter::Account(m_json);
     }
   for(int list=0; list<4; list++)
     {
      if(list>0 && op!="snapshot")
         break;
      if(op=="snapshot")
         m_json.Name(g_snapshot_lists[list]);
      else
         m_json.Name(op);
      m_json.BeginList();
      for(int k=start; k<end; k++)
         if(items.lists[k]==list)
            m_json.Raw(items.texts[k]);
      m_json.EndList();
     }
   m_json.Name("more");
   if(more=="")
      m_json.Null();
   else
      m_json.Text(more);
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| The items of a paged operation                                 |
//+------------------------------------------------------------------+
bool CAgentRequests::Collect(const string op,const string symbol,const string &names[],const bool named,CPageItems &items)
  {
   CJsonWriter json;
   items.Clear();
   if(op=="outcomes")
     {
      int slots[];
      int count=Awaited(m_sessions.items[m_session].instance,slots);
      for(int i=0; i<count; i++)
         if(!items.Add(0,m_journal.entries[slots[i]].outcome))
            return(false);
      return(true);
     }
   if(op=="symbols")
     {
      int total=ArraySize(names);
      if(!named)
         total=SymbolsTotal(false);
      for(int s=0; s<total; s++)
        {
         string name="";
         if(named)
            name=names[s];
         else
            name=SymbolName(s,false);
         json.Reset();
         if(CRecordWriter::SymbolRecord(json,name) && !items.Add(0,json.Whole()))
            return(false);
        }
      return(true);
     }
   if(op=="positions" || op=="snapshot")
      for(int p=0; p<ArraySize(m_shadow.positions); p++)
        {
         if(symbol!="" && m_shadow.positions[p].symbol!=symbol)
            continue;
         json.Reset();
         CRecordWriter::Position(json,m_shadow.positions[p]);
         if(!items.Add(0,json.Whole()))
            return(false);
        }
   int list=0;
   if(op=="snapshot")
      list=1;
   if(op=="orders" || op=="snapshot")
      for(int o=0; o<ArraySize(m_shadow.orders); o++)
        {
         if(symbol!="" && m_shadow.orders[o].symbol!=symbol)
            continue;
         json.Reset();
         CRecordWriter::OrderRecord(json,m_shadow.orders[o]);
         if(!items.Add(list,json.Whole()))
            return(false);
        }
   if(op=="snapshot" && m_reader.Find(m_args,"since")>=0)
      return(CollectHistory(items));
   return(true);
  }
//+------------------------------------------------------------------+
//| Orders finished and deals made since a time, and the ends of the orders that are tracked|
//+------------------------------------------------------------------+
bool CAgentRequests::CollectHistory(CPageItems &items)
  {
   CJsonWriter json;
   SOrder      record;
   SDeal       deal;
   long        from=0;
   int         since=m_reader.Find(m_args,"since");
   int         list=m_reader.Find(since,"orders");
   ulong       tracked[];
   int         count=0;
   if(!Whole(since,"brokerMs",0,from) || ArrayResize(tracked,m_reader.Count(list))<0)
      return(false);
   for(int child=m_reader.First(list); child>=0; child=m_reader.Next(child))
     {
      if(!m_reader.GetUlong(child,tracked[count]))
         return(false);
      count++;
     }
   //--- the end of a tracked order may be older than the time asked for
   bool good=false;
   if(count>0)
      good=CTerminalReader::SelectHistory(0);
   else
      good=CTerminalReader::SelectHistory(from);
   if(!good)
      return(false);
   for(int i=0; i<HistoryOrdersTotal(); i++)
     {
      if(!CTerminalReader::HistoryOrderAt(i,record))
         continue;
      bool wanted=record.done_ms>=from;
      for(int k=0; k<count && !wanted; k++)
         wanted=tracked[k]==record.ticket;
      if(!wanted)
         continue;
      json.Reset();
      CRecordWriter::OrderRecord(json,record);
      if(!items.Add(2,json.Whole()))
         return(false);
     }
   for(int d=0; d<HistoryDealsTotal(); d++)
     {
      if(!CTerminalReader::HistoryDealAt(d,deal) || deal.time_ms<from)
         continue;
      json.Reset();
      CRecordWriter::Deal(json,deal);
      if(!items.Add(3,json.Whole()))
         return(false);
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| The last quote of a symbol                                     |
//+------------------------------------------------------------------+
void CAgentRequests::RunTick(void)
  {
   MqlTick tick;
   string  symbol="";
   bool    given=false;
   if(!Optional("symbol",symbol,given) || !given)
     {
      Refuse("BAD_REQUEST","Cannot read the arguments of tick: \"symbol\" must be a text");
      return;
     }
   //--- unless it is shown in Market Watch, the terminal has no quote of it
   bool shown=CTerminalReader::Exists(symbol);
   if(shown && SymbolInfoInteger(symbol,SYMBOL_SELECT)==0)
      shown=SymbolSelect(symbol,true);
   if(!shown)
     {
      RefuseSymbol(symbol);
      return;
     }
   bool there=SymbolInfoTick(symbol,tick) && CBytes::Resize(m_bulk,60);
   if(there)
      CTickFeeds::PackTick(tick,m_bulk,0);
   BeginResult(m_ledger.Seq());
   CRecordWriter::Word(m_json,"symbol",symbol);
   CRecordWriter::Integer(m_json,"brokerMs",CTerminalReader::BrokerMs());
   EndResult(there);
  }
//+------------------------------------------------------------------+
//| Events behind a position of the ledger                         |
//+------------------------------------------------------------------+
void CAgentRequests::RunSince(void)
  {
   long epoch=0;
   long seq=0;
   if(!Whole(m_args,"epoch",1,epoch) || !Whole(m_args,"seq",0,seq))
     {
      Refuse("BAD_REQUEST","Cannot read the arguments of ledger.since");
      return;
     }
   if(m_ledger.IsGone(epoch,seq))
     {
      Refuse("LEDGER_GONE","Cannot give the events: the ledger does not reach back so far");
      return;
     }
   int  left=(AGENT_REPLY_BYTES-AGENT_HEAD_BYTES)/3;
   bool complete=true;
   BeginResult(m_ledger.Seq());
   m_json.Name("events");
   m_json.BeginList();
   for(long next=seq+1; next<=m_ledger.Seq(); next++)
     {
      string body=m_ledger.At(next);
      left-=StringLen(body)+1;
      if(left<0 && next>seq+1)
        {
         complete=false;
         break;
        }
      m_json.Raw(body);
     }
   m_json.EndList();
   CRecordWriter::Flag(m_json,"complete",complete);
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| Ticks of symbols flow, or do not any more                      |
//+------------------------------------------------------------------+
void CAgentRequests::RunSubscribe(const bool add)
  {
   string symbols[];
   bool   given=false;
   ulong  bit=(ulong)1<<m_session;
   if(!Symbols("symbols",symbols,given) || !given || ArraySize(symbols)<1)
     {
      Refuse("BAD_REQUEST","Cannot read the arguments: \"symbols\" must be names of symbols");
      return;
     }
   int total=ArraySize(symbols);
   if(!add)
     {
      for(int i=0; i<total; i++)
        {
         int feed=m_feeds.Find(symbols[i]);
         if(feed>=0)
            m_feeds.feeds[feed].sessions&=~bit;
        }
      BeginResult(m_ledger.Seq());
      EndResult(false);
      return;
     }
   //--- all or none: everything that can fail is looked at before anything is changed
   int own=0;
   for(int f=0; f<m_feeds.Size(); f++)
      if((m_feeds.feeds[f].sessions&bit)!=0)
         own++;
   for(int k=0; k<total; k++)
     {
      bool shown=CTerminalReader::Exists(symbols[k]);
      if(shown && SymbolInfoInteger(symbols[k],SYMBOL_SELECT)==0)
         shown=SymbolSelect(symbols[k],true);
      if(!shown)
        {
         RefuseSymbol(symbols[k]);
         return;
        }
      int known=m_feeds.Find(symbols[k]);
      if(known<0 || (m_feeds.feeds[known].sessions&bit)==0)
         own++;
     }
   if(own>AGENT_SYMBOLS_MAX)
     {
      Refuse("BAD_REQUEST","Cannot subscribe: at most "+(string)AGENT_SYMBOLS_MAX+" symbols per session");
      return;
     }
   for(int o=0; o<total; o++)
      if(m_feeds.Open(symbols[o])<0)
        {
         Refuse("INTERNAL","Cannot subscribe: the agent has no memory for it");
         return;
        }
   BeginResult(m_ledger.Seq());
   m_json.Name("symbols");
   m_json.BeginList();
   for(int s=0; s<total; s++)
     {
      int  feed=m_feeds.Find(symbols[s]);
      bool twice=false;
      for(int e=0; e<s; e++)
         twice=twice || symbols[e]==symbols[s];
      if(twice)
         continue;
      //--- what came before belongs to those who were there before
      PumpFeed(feed);
      m_feeds.feeds[feed].sessions|=bit;
      m_json.BeginObject();
      CRecordWriter::Word(m_json,"symbol",symbols[s]);
      CRecordWriter::Integer(m_json,"count",m_feeds.feeds[feed].count);
      m_json.EndObject();
     }
   m_json.EndList();
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| What the journal knows of an id; an unknown one is voided for ever unless it is only peeked at|
//+------------------------------------------------------------------+
void CAgentRequests::RunOutcome(void)
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
void CAgentRequests::RunAck(void)
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

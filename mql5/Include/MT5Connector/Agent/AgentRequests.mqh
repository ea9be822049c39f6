//+------------------------------------------------------------------+
//|                                                AgentRequests.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTREQUESTS_MQH
#define MT5CONNECTOR_AGENT_AGENTREQUESTS_MQH
#include <MT5Connector/Agent/AgentInquiries.mqh>

const string g_known_later[]={"bars","depth.subscribe","depth.unsubscribe","order.check","calc.margin","calc.profit","calendar"};

//+------------------------------------------------------------------+
//| The sync channel (docs/protocol.md, 4); the order of the checks is the protocol's|
//+------------------------------------------------------------------+
class CAgentRequests : public CAgentInquiries
  {
private:
   bool              Admit(const string op);
   void              Run(const string op);
protected:
   void              TakeRequest(const CZmtpMessage &message);
  };
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
   //--- requests that were lost with a connection: that is allowed here
   m_lost+=n-m_sessions.items[m_session].sync_counter-1;
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
              op=="ledger.since" || op=="subscribe" || op=="unsubscribe" || op=="outcome" || op=="outcome.ack" ||
              op=="history.orders" || op=="history.deals" || op=="ticks";
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
   if(op=="history.orders" || op=="history.deals")
      RunHistory(op);
   if(op=="ticks")
      RunTicks();
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
      RunBye();
   if(op=="account")
      RunAccount();
   if(op=="terminal")
      RunTerminal();
  }
#endif
//+------------------------------------------------------------------+

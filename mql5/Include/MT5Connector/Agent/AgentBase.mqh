//+------------------------------------------------------------------+
//|                                                    AgentBase.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTBASE_MQH
#define MT5CONNECTOR_AGENT_AGENTBASE_MQH
#include <MT5Connector/Agent/HistoryWatch.mqh>
#include <MT5Connector/Agent/Intent.mqh>
#include <MT5Connector/Agent/Journal.mqh>
#include <MT5Connector/Agent/Ledger.mqh>
#include <MT5Connector/Agent/Pager.mqh>
#include <MT5Connector/Agent/RefusalCounts.mqh>
#include <MT5Connector/Agent/RefusedIds.mqh>
#include <MT5Connector/Agent/Sessions.mqh>
#include <MT5Connector/Agent/Shadow.mqh>
#include <MT5Connector/Agent/TickFeeds.mqh>
#include <MT5Connector/Net/Winsock.mqh>
#include <MT5Connector/Zmtp/PubSocket.mqh>
#include <MT5Connector/Zmtp/PullSocket.mqh>
#include <MT5Connector/Zmtp/RouterSocket.mqh>

//+------------------------------------------------------------------+
//| What every part of the agent needs: its memory, its clock and its streams|
//+------------------------------------------------------------------+
class CAgentBase
  {
protected:
   CWinsock          m_network;
   CPullSocket       m_pull;
   CPubSocket        m_pub;
   CRouterSocket     m_router;
   CSettings         m_settings;
   CClients          m_clients;
   CSessions         m_sessions;
   CLedger           m_ledger;
   CJournal          m_journal;
   CShadow           m_shadow;
   CHistoryWatch     m_history;
   CTickFeeds        m_feeds;
   CPager            m_pager;
   CRefusedIds       m_refused;
   CZmtpMessage      m_event;
   long              m_origin_us;
   long              m_now;
   long              m_stood_still;
   long              m_login;
   string            m_server;
   CRefusalCounts    m_refusals;
   long              m_lost;
   long              m_undelivered;
   void              Clock(void);
   string            Unready(void);
   void              Publish(const string topic,const string body,const bool may_skip);
   void              PublishBulk(const string topic,const string body,const uchar &bulk[]);
   void              Tell(const string payload);
   void              TellOutcome(const string client,const string outcome);
   void              Hint(const string client,const string outcome);
   void              EndSession(const int session);
   string            Head(void) const;
   string            AccountText(void) const;
public:
                     CAgentBase(void);
   virtual          ~CAgentBase(void) {}
  };
//+------------------------------------------------------------------+
//| Nothing runs                                                   |
//+------------------------------------------------------------------+
CAgentBase::CAgentBase(void)
  {
   m_origin_us=0;
   m_now=0;
   m_stood_still=0;
   m_login=0;
   m_server="";
   m_lost=0;
   m_undelivered=0;
  }
//+------------------------------------------------------------------+
//| The agent clock; GetTickCount64 moves in steps of 10 to 16 ms  |
//+------------------------------------------------------------------+
void CAgentBase::Clock(void)
  {
   long now=((long)GetMicrosecondCount()-m_origin_us)/1000;
   //--- it never goes back, whatever a change of the chart does to the terminal's counter: what is late must stay late
   if(now<m_now)
     {
      m_origin_us-=(m_now-now)*1000;
      now=m_now;
     }
   //--- time in which the agent itself stood still ends no lease
   if(now-m_now>AGENT_STALL_MS)
      m_stood_still+=now-m_now;
   m_now=now;
  }
//+------------------------------------------------------------------+
//| Why the terminal's tables cannot be believed; empty if they can|
//+------------------------------------------------------------------+
string CAgentBase::Unready(void)
  {
   string why=CTerminalReader::Unready(m_login,m_server);
   if(why!="")
     {
      m_history.Doubt();
      return(why);
     }
   if(!m_history.IsThere(m_now))
      return("The terminal's history is not there yet: it does not show deal "+(string)m_history.Known());
   return("");
  }
//+------------------------------------------------------------------+
//| What events other than those of the ledger begin with          |
//+------------------------------------------------------------------+
string CAgentBase::Head(void) const
  {
   return("{\"v\":1,\"epoch\":"+(string)m_journal.Epoch()+",\"agentMs\":"+(string)m_now+",");
  }
//+------------------------------------------------------------------+
//| Publishes a topic and a body                                   |
//+------------------------------------------------------------------+
void CAgentBase::Publish(const string topic,const string body,const bool may_skip)
  {
   uchar bytes[];
   int   count=CUtf8::Encode(topic,bytes);
   m_event.Clear();
   if(count<0 || !CBytes::Resize(bytes,count+1))
      return;
   bytes[count]=0;
   if(!m_event.AddWhole(bytes) || CUtf8::Encode(body,bytes)<0 || !m_event.AddWhole(bytes))
      return;
   m_pub.Publish(m_event,may_skip);
  }
//+------------------------------------------------------------------+
//| Publishes a topic, a body and bulk; may be dropped for a slow subscriber|
//+------------------------------------------------------------------+
void CAgentBase::PublishBulk(const string topic,const string body,const uchar &bulk[])
  {
   uchar bytes[];
   int   count=CUtf8::Encode(topic,bytes);
   m_event.Clear();
   if(count<0 || !CBytes::Resize(bytes,count+1))
      return;
   bytes[count]=0;
   if(!m_event.AddWhole(bytes) || CUtf8::Encode(body,bytes)<0 || !m_event.AddWhole(bytes) || !m_event.AddWhole(bulk))
      return;
   m_pub.Publish(m_event,true);
  }
//+------------------------------------------------------------------+
//| An event of the ledger                                         |
//+------------------------------------------------------------------+
void CAgentBase::Tell(const string payload)
  {
   if(payload=="")
     {
      Print("MT5Connector: an event of the ledger cannot be written");
      return;
     }
   Publish("ledger",m_ledger.Append(payload,m_now),false);
  }
//+------------------------------------------------------------------+
//| An outcome into the ledger                                     |
//+------------------------------------------------------------------+
void CAgentBase::TellOutcome(const string client,const string outcome)
  {
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Word(json,"type","outcome");
   CRecordWriter::Word(json,"client",client);
   json.Name("outcome");
   json.Raw(outcome);
   json.EndObject();
   Tell(json.Whole());
  }
//+------------------------------------------------------------------+
//| A refusal that the connector mends, to one client outside the ledger|
//+------------------------------------------------------------------+
void CAgentBase::Hint(const string client,const string outcome)
  {
   Publish("client."+client,Head()+"\"outcome\":"+outcome+"}",true);
  }
//+------------------------------------------------------------------+
//| Ends a session; its subscriptions are freed and nothing else   |
//+------------------------------------------------------------------+
void CAgentBase::EndSession(const int session)
  {
   ulong bit=(ulong)1<<session;
   for(int i=0; i<m_feeds.Size(); i++)
      m_feeds.feeds[i].sessions&=~bit;
   m_pager.FreeSession(session);
   m_sessions.End(session);
  }
//+------------------------------------------------------------------+
//| The account as JSON                                            |
//+------------------------------------------------------------------+
string CAgentBase::AccountText(void) const
  {
   CJsonWriter json;
   CRecordWriter::Account(json);
   return(json.Whole());
  }
#endif
//+------------------------------------------------------------------+

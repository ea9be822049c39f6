//+------------------------------------------------------------------+
//|                                                       Ledger.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_LEDGER_MQH
#define MT5CONNECTOR_AGENT_LEDGER_MQH
#include <MT5Connector/Agent/Limits.mqh>
#include <MT5Connector/Json/JsonWriter.mqh>

//+------------------------------------------------------------------+
//| Numbers events without a hole and keeps the latest (docs/protocol.md, 5.1)|
//+------------------------------------------------------------------+
class CLedger
  {
private:
   string            m_ring[];
   long              m_epoch;
   long              m_seq;
   string            Head(const long seq,const long now) const;
public:
                     CLedger(void);
   bool              Init(const long epoch);
   long              Seq(void) const { return(m_seq); }
   long              Oldest(void) const;
   string            Append(const string payload,const long now);
   string            Barrier(const string token,const long now) const;
   bool              IsGone(const long epoch,const long seq) const;
   string            At(const long seq) const { return(m_ring[(int)((seq-1)%AGENT_RING_EVENTS)]); }
  };
//+------------------------------------------------------------------+
//| Nothing has happened yet                                       |
//+------------------------------------------------------------------+
CLedger::CLedger(void)
  {
   m_epoch=0;
   m_seq=0;
  }
//+------------------------------------------------------------------+
//| Begins an epoch                                                |
//+------------------------------------------------------------------+
bool CLedger::Init(const long epoch)
  {
   m_epoch=epoch;
   m_seq=0;
   return(ArrayResize(m_ring,AGENT_RING_EVENTS)==AGENT_RING_EVENTS);
  }
//+------------------------------------------------------------------+
//| The lowest position that can still be given                    |
//+------------------------------------------------------------------+
long CLedger::Oldest(void) const
  {
   if(m_seq<=AGENT_RING_EVENTS)
      return(1);
   return(m_seq-AGENT_RING_EVENTS+1);
  }
//+------------------------------------------------------------------+
//| What every message begins with                                 |
//+------------------------------------------------------------------+
string CLedger::Head(const long seq,const long now) const
  {
   return("{\"v\":1,\"epoch\":"+(string)m_epoch+",\"seq\":"+(string)seq+",\"agentMs\":"+(string)now+",");
  }
//+------------------------------------------------------------------+
//| Adds an event, given as a JSON object, and gives its whole body|
//+------------------------------------------------------------------+
string CLedger::Append(const string payload,const long now)
  {
   string body=Head(m_seq+1,now)+StringSubstr(payload,1);
   m_ring[(int)(m_seq%AGENT_RING_EVENTS)]=body;
   m_seq++;
   return(body);
  }
//+------------------------------------------------------------------+
//| The body of a barrier behind all events so far                 |
//+------------------------------------------------------------------+
string CLedger::Barrier(const string token,const long now) const
  {
   CJsonWriter json;
   json.BeginObject();
   json.Name("type");
   json.Text("barrier");
   json.Name("token");
   json.Text(token);
   json.EndObject();
   return(Head(m_seq,now)+StringSubstr(json.Whole(),1));
  }
//+------------------------------------------------------------------+
//| Whether the events after a position cannot be given            |
//+------------------------------------------------------------------+
bool CLedger::IsGone(const long epoch,const long seq) const
  {
   return(epoch!=m_epoch || seq>m_seq || seq+1<Oldest());
  }
#endif
//+------------------------------------------------------------------+

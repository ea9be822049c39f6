//+------------------------------------------------------------------+
//|                                                   RefusedIds.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_REFUSEDIDS_MQH
#define MT5CONNECTOR_AGENT_REFUSEDIDS_MQH
#include <MT5Connector/Agent/Limits.mqh>
#include <MT5Connector/Agent/TextIndex.mqh>

//+------------------------------------------------------------------+
//| A refusal for good                                             |
//+------------------------------------------------------------------+
struct SRefused
  {
   string            code;
   string            reason;
   long              issued_at;
   long              until_ms;
  };

//+------------------------------------------------------------------+
//| Remembers refusals for good: no copy issued at or before a refused one may be executed later (docs/protocol.md, 6.2)|
//+------------------------------------------------------------------+
class CRefusedIds
  {
private:
   CTextIndex        m_index;
   SRefused          m_items[];
   int               m_sweep;
   void              Sweep(const long now,const int steps);
public:
                     CRefusedIds(void);
   bool              HasRoom(const string key,const long now);
   void              Note(const string key,const string code,const string reason,const long issued_at,const long now);
   bool              Find(const string key,const long issued_at,const long now,string &code,string &reason) const;
  };
//+------------------------------------------------------------------+
//| Nothing refused                                                |
//+------------------------------------------------------------------+
CRefusedIds::CRefusedIds(void)
  {
   m_sweep=0;
  }
//+------------------------------------------------------------------+
//| Frees what is too old, a few at a time                         |
//+------------------------------------------------------------------+
void CRefusedIds::Sweep(const long now,const int steps)
  {
   int slots=m_index.Slots();
   for(int i=0; i<steps && i<slots; i++)
     {
      m_sweep=(m_sweep+1)%slots;
      if(m_index.IsUsed(m_sweep) && m_items[m_sweep].until_ms<=now)
         m_index.Remove(m_sweep);
     }
  }
//+------------------------------------------------------------------+
//| Whether another refusal can be remembered; without room none may be called final|
//+------------------------------------------------------------------+
bool CRefusedIds::HasRoom(const string key,const long now)
  {
   Sweep(now,8);
   if(m_index.Count()<AGENT_REFUSED_MAX || m_index.Find(key)>=0)
      return(true);
   Sweep(now,m_index.Slots());
   return(m_index.Count()<AGENT_REFUSED_MAX);
  }
//+------------------------------------------------------------------+
//| Remembers a refusal, the latest issue of an id                 |
//+------------------------------------------------------------------+
void CRefusedIds::Note(const string key,const string code,const string reason,const long issued_at,const long now)
  {
   int known=m_index.Find(key);
   if(known>=0 && m_items[known].issued_at>issued_at && m_items[known].until_ms>now)
      return;
   int slot=m_index.Add(key);
   if(slot<0 || (slot>=ArraySize(m_items) && ArrayResize(m_items,slot+1,1024)!=slot+1))
      return;
   m_items[slot].code=code;
   m_items[slot].reason=reason;
   m_items[slot].issued_at=issued_at;
   m_items[slot].until_ms=now+AGENT_COMMAND_TTL_MS+AGENT_AHEAD_MS;
  }
//+------------------------------------------------------------------+
//| The refusal that stands for copies issued at this time         |
//+------------------------------------------------------------------+
bool CRefusedIds::Find(const string key,const long issued_at,const long now,string &code,string &reason) const
  {
   int slot=m_index.Find(key);
   if(slot<0 || m_items[slot].until_ms<=now || issued_at>m_items[slot].issued_at)
      return(false);
   code=m_items[slot].code;
   reason=m_items[slot].reason;
   return(true);
  }
#endif
//+------------------------------------------------------------------+

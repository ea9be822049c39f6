//+------------------------------------------------------------------+
//|                                                        Pager.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_PAGER_MQH
#define MT5CONNECTOR_AGENT_PAGER_MQH
#include <MT5Connector/Agent/PageItems.mqh>
#include <MT5Connector/Agent/Sessions.mqh>
#include <MT5Connector/Json/Number.mqh>

//+------------------------------------------------------------------+
//| Cuts long results into pages of one frozen state (docs/protocol.md, 4.3)|
//+------------------------------------------------------------------+
class CPager
  {
private:
   CPageItems        m_items[AGENT_CURSORS_MAX];
   string            m_ids[AGENT_CURSORS_MAX];
   string            m_requests[AGENT_CURSORS_MAX];
   int               m_sessions[AGENT_CURSORS_MAX];
   long              m_seqs[AGENT_CURSORS_MAX];
   long              m_until[AGENT_CURSORS_MAX];
   long              m_made[AGENT_CURSORS_MAX];
   long              m_count;
   int               Room(const int session,const long now);
public:
                     CPager(void);
   bool              First(const int session,const string request,const CPageItems &items,const long seq,const long now,int &end,string &more);
   bool              Next(const int session,const string request,const string cursor,const long now,CPageItems &items,int &start,int &end,long &seq,string &more);
   void              FreeSession(const int session);
  };
//+------------------------------------------------------------------+
//| Nothing is frozen                                              |
//+------------------------------------------------------------------+
CPager::CPager(void)
  {
   m_count=0;
   for(int i=0; i<AGENT_CURSORS_MAX; i++)
     {
      m_sessions[i]=-1;
      m_ids[i]="";
      m_requests[i]="";
      m_seqs[i]=0;
      m_until[i]=0;
      m_made[i]=0;
     }
  }
//+------------------------------------------------------------------+
//| A free place: the session's oldest beyond its limit, else the oldest of all gives way|
//+------------------------------------------------------------------+
int CPager::Room(const int session,const long now)
  {
   int own=0;
   int oldest=-1;
   int oldest_own=-1;
   int free=-1;
   for(int i=0; i<AGENT_CURSORS_MAX; i++)
     {
      if(m_sessions[i]>=0 && m_until[i]<=now)
        {
         m_sessions[i]=-1;
         m_items[i].Clear();
        }
      if(m_sessions[i]<0)
        {
         free=i;
         continue;
        }
      if(oldest<0 || m_made[i]<m_made[oldest])
         oldest=i;
      if(m_sessions[i]!=session)
         continue;
      own++;
      if(oldest_own<0 || m_made[i]<m_made[oldest_own])
         oldest_own=i;
     }
   if(own>=AGENT_CURSORS_PER_SESSION)
      return(oldest_own);
   if(free>=0)
      return(free);
   return(oldest);
  }
//+------------------------------------------------------------------+
//| The first page of a result; what does not fit is frozen        |
//+------------------------------------------------------------------+
bool CPager::First(const int session,const string request,const CPageItems &items,const long seq,const long now,int &end,string &more)
  {
   more="";
   end=items.End(0);
   if(end==items.Size())
      return(true);
   int    place=Room(session,now);
   string id=CSessions::Token(16);
   if(id=="" || !m_items[place].Take(items))
      return(false);
   m_count++;
   m_made[place]=m_count;
   m_sessions[place]=session;
   m_ids[place]=id;
   m_requests[place]=request;
   m_seqs[place]=seq;
   m_until[place]=now+AGENT_CURSOR_MS;
   more=id+"."+(string)end;
   return(true);
  }
//+------------------------------------------------------------------+
//| The page that a cursor stands for; false if it stands for none any more|
//+------------------------------------------------------------------+
bool CPager::Next(const int session,const string request,const string cursor,const long now,CPageItems &items,int &start,int &end,long &seq,string &more)
  {
   uchar digits[];
   long  offset=-1;
   int   dot=StringFind(cursor,".");
   if(dot<1 || dot+1>=StringLen(cursor))
      return(false);
   int count=CUtf8::Encode(StringSubstr(cursor,dot+1),digits);
   if(!CNumber::ParseLong(digits,0,count,offset) || offset<0)
      return(false);
   for(int i=0; i<AGENT_CURSORS_MAX; i++)
     {
      if(m_sessions[i]!=session || m_until[i]<=now || m_requests[i]!=request || m_ids[i]!=StringSubstr(cursor,0,dot))
         continue;
      if(offset>m_items[i].Size() || !items.Take(m_items[i]))
         return(false);
      m_until[i]=now+AGENT_CURSOR_MS;
      start=(int)offset;
      end=items.End(start);
      seq=m_seqs[i];
      more="";
      if(end<items.Size())
         more=m_ids[i]+"."+(string)end;
      return(true);
     }
   return(false);
  }
//+------------------------------------------------------------------+
//| Drops what a session had open                                  |
//+------------------------------------------------------------------+
void CPager::FreeSession(const int session)
  {
   for(int i=0; i<AGENT_CURSORS_MAX; i++)
      if(m_sessions[i]==session)
        {
         m_sessions[i]=-1;
         m_items[i].Clear();
        }
  }
#endif
//+------------------------------------------------------------------+

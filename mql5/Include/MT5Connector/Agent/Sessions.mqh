//+------------------------------------------------------------------+
//|                                                     Sessions.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_SESSIONS_MQH
#define MT5CONNECTOR_AGENT_SESSIONS_MQH
#include <MT5Connector/Agent/Limits.mqh>
#include <MT5Connector/Crypto/Random.mqh>

//+------------------------------------------------------------------+
//| A session (docs/protocol.md, 4.1)                              |
//+------------------------------------------------------------------+
struct SSession
  {
   string            id;
   string            instance;
   int               client;
   bool              used;
   bool              trades;
   long              sync_counter;
   long              command_counter;
   long              hinted_counter;
   long              last_ms;
   int               symbols;
  };

//+------------------------------------------------------------------+
//| A challenge that waits for its hello                           |
//+------------------------------------------------------------------+
struct SChallenge
  {
   string            instance;
   string            text;
   int               client;
   long              ends_ms;
  };

//+------------------------------------------------------------------+
//| Who is there: challenges, sessions and their leases            |
//+------------------------------------------------------------------+
class CSessions
  {
private:
   SChallenge        m_challenges[];
   void              DropChallenge(const int index);
public:
   SSession          items[AGENT_SESSIONS_MAX];
                     CSessions(void);
   static string     Token(const int size);
   string            Challenge(const int client,const string instance,const long now);
   bool              UseChallenge(const int client,const string instance,const string text,const long now);
   bool              IsLive(const int client,const string instance) const;
   int               Find(const int client,const string id) const;
   int               FindSame(const int client,const string instance,const bool trades) const;
   int               Open(const int client,const string instance,const bool trades,const long served_ms);
   void              End(const int index) { items[index].used=false; }
  };
//+------------------------------------------------------------------+
//| Nobody is there                                                |
//+------------------------------------------------------------------+
CSessions::CSessions(void)
  {
   for(int i=0; i<AGENT_SESSIONS_MAX; i++)
      items[i].used=false;
  }
//+------------------------------------------------------------------+
//| Random hex of so many bytes; empty if the system gives no randomness|
//+------------------------------------------------------------------+
static string CSessions::Token(const int size)
  {
   uchar bytes[];
   if(!CRandom::Fill(bytes,size))
      return("");
   return(CBytes::ToHex(bytes));
  }
//+------------------------------------------------------------------+
//| Forgets a challenge                                            |
//+------------------------------------------------------------------+
void CSessions::DropChallenge(const int index)
  {
   int count=ArraySize(m_challenges);
   for(int i=index; i+1<count; i++)
      m_challenges[i]=m_challenges[i+1];
   if(ArrayResize(m_challenges,count-1)!=count-1)
      return;
  }
//+------------------------------------------------------------------+
//| A fresh challenge; it ends the earlier ones of the same instance and the client's oldest beyond the limit|
//+------------------------------------------------------------------+
string CSessions::Challenge(const int client,const string instance,const long now)
  {
   int own=0;
   for(int i=ArraySize(m_challenges)-1; i>=0; i--)
     {
      bool same=m_challenges[i].client==client && m_challenges[i].instance==instance;
      if(same || m_challenges[i].ends_ms<=now)
         DropChallenge(i);
      else
         if(m_challenges[i].client==client)
            own++;
     }
   for(int k=0; k<ArraySize(m_challenges) && own>=AGENT_CHALLENGES_PER_CLIENT; k++)
      if(m_challenges[k].client==client)
        {
         DropChallenge(k);
         own--;
         k--;
        }
   string text=Token(32);
   int    count=ArraySize(m_challenges);
   if(text=="" || ArrayResize(m_challenges,count+1)!=count+1)
      return("");
   m_challenges[count].client=client;
   m_challenges[count].instance=instance;
   m_challenges[count].text=text;
   m_challenges[count].ends_ms=now+AGENT_CHALLENGE_MS;
   return(text);
  }
//+------------------------------------------------------------------+
//| Uses a challenge up; false if it is not open for this instance |
//+------------------------------------------------------------------+
bool CSessions::UseChallenge(const int client,const string instance,const string text,const long now)
  {
   for(int i=0; i<ArraySize(m_challenges); i++)
     {
      if(m_challenges[i].client!=client || m_challenges[i].text!=text)
         continue;
      bool good=m_challenges[i].instance==instance && m_challenges[i].ends_ms>now;
      DropChallenge(i);
      return(good);
     }
   return(false);
  }
//+------------------------------------------------------------------+
//| Whether a running connector of this client has a session       |
//+------------------------------------------------------------------+
bool CSessions::IsLive(const int client,const string instance) const
  {
   for(int i=0; i<AGENT_SESSIONS_MAX; i++)
      if(items[i].used && items[i].client==client && items[i].instance==instance)
         return(true);
   return(false);
  }
//+------------------------------------------------------------------+
//| The session of this id if it is this client's, or -1           |
//+------------------------------------------------------------------+
int CSessions::Find(const int client,const string id) const
  {
   for(int i=0; i<AGENT_SESSIONS_MAX; i++)
      if(items[i].used && items[i].client==client && items[i].id==id)
         return(i);
   return(-1);
  }
//+------------------------------------------------------------------+
//| The session of the same client, instance and role, or -1       |
//+------------------------------------------------------------------+
int CSessions::FindSame(const int client,const string instance,const bool trades) const
  {
   for(int i=0; i<AGENT_SESSIONS_MAX; i++)
      if(items[i].used && items[i].client==client && items[i].instance==instance && items[i].trades==trades)
         return(i);
   return(-1);
  }
//+------------------------------------------------------------------+
//| Opens a session; -1 if there are too many                      |
//+------------------------------------------------------------------+
int CSessions::Open(const int client,const string instance,const bool trades,const long served_ms)
  {
   int own=0;
   int free=-1;
   for(int i=0; i<AGENT_SESSIONS_MAX; i++)
     {
      if(!items[i].used && free<0)
         free=i;
      if(items[i].used && items[i].client==client)
         own++;
     }
   string token=Token(16);
   if(free<0 || own>=AGENT_SESSIONS_PER_CLIENT || token=="")
      return(-1);
   items[free].used=true;
   items[free].id=token;
   items[free].client=client;
   items[free].instance=instance;
   items[free].trades=trades;
   items[free].sync_counter=0;
   items[free].command_counter=0;
   items[free].hinted_counter=0;
   items[free].last_ms=served_ms;
   items[free].symbols=0;
   return(free);
  }
#endif
//+------------------------------------------------------------------+

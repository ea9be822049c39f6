//+------------------------------------------------------------------+
//|                                                    TicketSet.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_TICKETSET_MQH
#define MT5CONNECTOR_AGENT_TICKETSET_MQH

//+------------------------------------------------------------------+
//| Tickets of finished orders or of deals that have been told, with the broker times at which they happened|
//+------------------------------------------------------------------+
class CTicketSet
  {
private:
   ulong             m_tickets[];
   long              m_times[];
   int               m_count;
   ulong             m_highest;
   int               Place(const ulong ticket) const;
public:
                     CTicketSet(void);
   bool              Has(const ulong ticket) const;
   bool              Add(const ulong ticket,const long broker_ms);
   void              Raise(const ulong ticket);
   ulong             Highest(void) const { return(m_highest); }
   void              Prune(const long before_ms);
   int               Count(void) const { return(m_count); }
  };
//+------------------------------------------------------------------+
//| None                                                           |
//+------------------------------------------------------------------+
CTicketSet::CTicketSet(void)
  {
   m_count=0;
   m_highest=0;
  }
//+------------------------------------------------------------------+
//| Where a ticket stands or would stand                           |
//+------------------------------------------------------------------+
int CTicketSet::Place(const ulong ticket) const
  {
   int low=0;
   int high=m_count;
   while(low<high)
     {
      int middle=(low+high)/2;
      if(m_tickets[middle]<ticket)
         low=middle+1;
      else
         high=middle;
     }
   return(low);
  }
//+------------------------------------------------------------------+
//| Whether a ticket has been told                                 |
//+------------------------------------------------------------------+
bool CTicketSet::Has(const ulong ticket) const
  {
   int place=Place(ticket);
   return(place<m_count && m_tickets[place]==ticket);
  }
//+------------------------------------------------------------------+
//| Notes a ticket; false if it was known                          |
//+------------------------------------------------------------------+
bool CTicketSet::Add(const ulong ticket,const long broker_ms)
  {
   int place=Place(ticket);
   if(place<m_count && m_tickets[place]==ticket)
      return(false);
   int more=m_count+1;
   if(more>ArraySize(m_tickets) && (ArrayResize(m_tickets,more+4096)!=more+4096 || ArrayResize(m_times,more+4096)!=more+4096))
      return(false);
   for(int i=m_count; i>place; i--)
     {
      m_tickets[i]=m_tickets[i-1];
      m_times[i]=m_times[i-1];
     }
   m_tickets[place]=ticket;
   m_times[place]=broker_ms;
   m_count=more;
   Raise(ticket);
   return(true);
  }
//+------------------------------------------------------------------+
//| Notes a ticket as seen without keeping it                      |
//+------------------------------------------------------------------+
void CTicketSet::Raise(const ulong ticket)
  {
   if(ticket>m_highest)
      m_highest=ticket;
  }
//+------------------------------------------------------------------+
//| Forgets what is older than the window that is looked at        |
//+------------------------------------------------------------------+
void CTicketSet::Prune(const long before_ms)
  {
   int kept=0;
   for(int i=0; i<m_count; i++)
      if(m_times[i]>=before_ms)
        {
         m_tickets[kept]=m_tickets[i];
         m_times[kept]=m_times[i];
         kept++;
        }
   m_count=kept;
  }
#endif
//+------------------------------------------------------------------+

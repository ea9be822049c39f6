//+------------------------------------------------------------------+
//|                                              ShadowPositions.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_SHADOWPOSITIONS_MQH
#define MT5CONNECTOR_AGENT_SHADOWPOSITIONS_MQH
#include <MT5Connector/Agent/ShadowEvents.mqh>
#include <MT5Connector/Agent/TerminalReader.mqh>

//+------------------------------------------------------------------+
//| Positions that the ledger has told of; one that is gone is told as closed behind the deal that closed it|
//+------------------------------------------------------------------+
class CShadowPositions : public CShadowEvents
  {
private:
   ulong             m_taken_ids[];
   long              m_taken_units[];
   ulong             m_missed[];
   long              m_missed_ms[];
   int               FindPosition(const ulong ticket) const;
   int               FindTaken(const ulong identifier) const;
   bool              IsClosed(const SPosition &position,const long now);
   void              ForgetMissed(const ulong ticket);
protected:
   bool              StartPositions(void);
   void              TakeOut(const SDeal &deal);
   void              ScanPositions(const long now);
public:
   SPosition         positions[];
  };
//+------------------------------------------------------------------+
//| Takes the table as it is, without telling                      |
//+------------------------------------------------------------------+
bool CShadowPositions::StartPositions(void)
  {
   int count=0;
   for(int p=0; p<PositionsTotal(); p++)
     {
      if(ArrayResize(positions,count+1,64)!=count+1)
         return(false);
      if(CTerminalReader::PositionAt(p,positions[count]))
         count++;
     }
   return(ArrayResize(positions,count,64)==count);
  }
//+------------------------------------------------------------------+
//| Notes what a deal takes out of its position                    |
//+------------------------------------------------------------------+
void CShadowPositions::TakeOut(const SDeal &deal)
  {
   if(deal.entry==(int)DEAL_ENTRY_IN)
      return;
   int taken=FindTaken(deal.position);
   if(taken<0)
     {
      taken=ArraySize(m_taken_ids);
      if(ArrayResize(m_taken_ids,taken+1,16)!=taken+1 || ArrayResize(m_taken_units,taken+1,16)!=taken+1)
         return;
      m_taken_ids[taken]=deal.position;
      m_taken_units[taken]=0;
     }
   m_taken_units[taken]+=CNames::Units(deal.volume);
  }
//+------------------------------------------------------------------+
//| A position that has been told, or -1                           |
//+------------------------------------------------------------------+
int CShadowPositions::FindPosition(const ulong ticket) const
  {
   for(int i=0; i<ArraySize(positions); i++)
      if(positions[i].ticket==ticket)
         return(i);
   return(-1);
  }
//+------------------------------------------------------------------+
//| What deals have taken out of a position                        |
//+------------------------------------------------------------------+
int CShadowPositions::FindTaken(const ulong identifier) const
  {
   for(int i=0; i<ArraySize(m_taken_ids); i++)
      if(m_taken_ids[i]==identifier)
         return(i);
   return(-1);
  }
//+------------------------------------------------------------------+
//| Whether a position that is not in the table any more is closed; if not, it is looked for a while|
//+------------------------------------------------------------------+
bool CShadowPositions::IsClosed(const SPosition &position,const long now)
  {
   long taken_units=0;
   long since=now;
   int  taken=FindTaken(position.identifier);
   if(taken>=0)
      taken_units=m_taken_units[taken];
   int count=ArraySize(m_missed);
   int missed=-1;
   for(int i=0; i<count; i++)
      if(m_missed[i]==position.ticket)
         missed=i;
   if(missed>=0)
      since=m_missed_ms[missed];
   if(taken_units<CNames::Units(position.volume) && now-since<AGENT_CLOSING_DEAL_MS)
     {
      if(missed<0 && ArrayResize(m_missed,count+1,16)==count+1 && ArrayResize(m_missed_ms,count+1,16)==count+1)
        {
         m_missed[count]=position.ticket;
         m_missed_ms[count]=now;
        }
      return(false);
     }
   ForgetMissed(position.ticket);
   if(taken>=0)
      m_taken_units[taken]=0;
   return(true);
  }
//+------------------------------------------------------------------+
//| A position is there again, or is closed                        |
//+------------------------------------------------------------------+
void CShadowPositions::ForgetMissed(const ulong ticket)
  {
   for(int i=0; i<ArraySize(m_missed); i++)
      if(m_missed[i]==ticket)
         m_missed[i]=0;
  }
//+------------------------------------------------------------------+
//| Positions that are new, changed or gone                        |
//+------------------------------------------------------------------+
void CShadowPositions::ScanPositions(const long now)
  {
   SPosition after[];
   int       count=0;
   for(int i=0; i<PositionsTotal(); i++)
     {
      if(ArrayResize(after,count+1,64)!=count+1)
         return;
      if(CTerminalReader::PositionAt(i,after[count]))
         count++;
     }
   if(ArrayResize(after,count,64)!=count)
      return;
   int there=count;
   for(int b=0; b<ArraySize(positions); b++)
     {
      bool found=false;
      for(int k=0; k<there; k++)
         found=found || after[k].ticket==positions[b].ticket;
      if(found)
         continue;
      if(IsClosed(positions[b],now))
        {
         TellPosition(positions[b],"closed");
         continue;
        }
      if(ArrayResize(after,count+1,64)!=count+1)
         return;
      after[count]=positions[b];
      count++;
     }
   for(int a=0; a<there; a++)
     {
      int known=FindPosition(after[a].ticket);
      ForgetMissed(after[a].ticket);
      int taken=FindTaken(after[a].identifier);
      if(taken>=0 && known>=0)
        {
         long shown=CNames::Units(positions[known].volume)-CNames::Units(after[a].volume);
         if(shown>=m_taken_units[taken] || positions[known].side!=after[a].side)
            m_taken_units[taken]=0;
         else
            if(shown>0)
               m_taken_units[taken]-=shown;
        }
      if(taken>=0 && known<0)
         m_taken_units[taken]=0;
      if(known<0)
         TellPosition(after[a],"opened");
      else
         if(!SamePosition(positions[known],after[a]))
            TellPosition(after[a],"modified");
     }
   if(ArrayResize(positions,count,64)!=count)
      return;
   for(int c=0; c<count; c++)
      positions[c]=after[c];
   int kept=0;
   for(int t=0; t<ArraySize(m_taken_ids); t++)
     {
      bool known=false;
      for(int p=0; p<count && !known; p++)
         known=positions[p].identifier==m_taken_ids[t];
      //--- one that was opened and closed between two looks is never known
      if(known && m_taken_units[t]>0)
        {
         m_taken_ids[kept]=m_taken_ids[t];
         m_taken_units[kept]=m_taken_units[t];
         kept++;
        }
     }
   if(ArrayResize(m_taken_ids,kept,16)!=kept || ArrayResize(m_taken_units,kept,16)!=kept)
      return;
  }
#endif
//+------------------------------------------------------------------+
